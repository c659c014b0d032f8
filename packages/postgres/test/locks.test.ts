import type { PostgresConfig } from '@sess/postgres'
import { noService, service } from '@sess/testing'
import { Pool } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function newPlace(): Place {
  return new Place(account as NonNullable<typeof account>)
}

/** Whoever gives up first, the server, as a rule, or the caller. */
const code = expect.stringMatching(/^ERR_(BACKEND|TIMEOUT)$/)
/** The server. */
const givenUp = { code: 'ERR_BACKEND', message: expect.stringMatching(/^Nothing was done.*locked/) }

/** Of an operation, in milliseconds. */
const timeout = 1500

/** The ways to a database on which a statement may have to give up by itself. */
const ways: Record<string, (place: Place) => PostgresConfig> = {
  'a pool of its own': place => place.config,
  'statements that are not prepared': place => ({ ...place.config, prepared: false }),
  'a given pool': place => {
    const client = new Pool(place.account)
    onTestFinished(() => client.end())
    return { client, tableName: place.table, createTable: true }
  },
}

describe.skipIf(isMissing).each(Object.entries(ways))('with %s', (_, configOf) => {
  it('a change that waited for a locked row is never done when its caller has given up', async () => {
    const place = newPlace()
    const store = await place.open(configOf(place), timeout)
    const id = newId()
    const data = dataOf(100)
    const token = (await store.create(id, data, place.in(1000))) as string
    // So that there are connections.
    await Promise.all(Array.from({ length: 8 }, () => store.load(id)))
    const client = await place.admin.connect()
    onTestFinished(() => client.release(true))
    await client.query('BEGIN')
    await client.query(`SELECT FROM ${place.table} WHERE session_key = $1 FOR UPDATE`, [id])
    const changes = {
      update: () => store.update(id, dataOf(100), place.in(2000), token),
      extend: () => store.extend(id, place.in(2000), token),
      delete: () => store.delete(id),
      'delete of a write': () => store.delete(id, token),
    }
    const start = performance.now()
    await Promise.all(
      Object.entries(changes).map(([name, change]) => expect(change(), name).rejects.toMatchObject({ code })),
    )
    expect(performance.now() - start).toBeLessThan(timeout + 1000)
    await expect.poll(() => waiting(place), { timeout: 600 }).toBe(0)
    // Reading takes no lock.
    expect(await store.load(id)).toMatchObject({ data })
    await client.query('COMMIT')
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
    expect(await store.update(id, dataOf(100), place.in(2000), token)).toBeDefined()
  })
})

describe.skipIf(isMissing)('a table that somebody has locked', () => {
  it('costs the changes that met it, and none is done afterwards', async () => {
    const place = newPlace()
    const store = await place.open(place.config, timeout)
    const id = newId()
    const data = dataOf(100)
    const token = (await store.create(id, data, place.in(1000))) as string
    const client = await place.admin.connect()
    onTestFinished(() => client.release(true))
    await client.query('BEGIN')
    // As CREATE INDEX does.
    await client.query(`LOCK TABLE ${place.table} IN SHARE MODE`)
    const other = newId()
    await Promise.all([
      expect(store.update(id, dataOf(100), place.in(2000), token)).rejects.toMatchObject({ code }),
      expect(store.create(other, dataOf(100), place.in(2000))).rejects.toMatchObject({ code }),
    ])
    await expect.poll(() => waiting(place), { timeout: 600 }).toBe(0)
    await client.query('COMMIT')
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
    expect(await store.load(other)).toBeUndefined()
  })
})

describe.skipIf(isMissing)('a time limit of the user', () => {
  it.each([
    ['an option of pg', { lock_timeout: 300 }],
    ['another option of pg', { statement_timeout: 300 }],
    ['a parameter of the connection string', { connectionString: 'statement_timeout=300' }],
    ['options of the server', { options: '-c statement_timeout=300' }],
  ])('goes over that of the engine: %s', async (_, config) => {
    const place = newPlace()
    const store = await place.open({ ...place.config, ...config }, 5000)
    const id = newId()
    await store.create(id, dataOf(100), place.in(1000))
    const client = await place.admin.connect()
    onTestFinished(() => client.release(true))
    await client.query('BEGIN')
    await client.query(`SELECT FROM ${place.table} FOR UPDATE`)
    const start = performance.now()
    await expect(store.delete(id)).rejects.toMatchObject(givenUp)
    expect(performance.now() - start).toBeLessThan(3500)
  })
})

/** Statements on the table that wait for a lock. */
async function waiting(place: Place): Promise<number> {
  const [row] = await place.rows(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()",
    [place.table],
  )
  return Number(row?.[0])
}
