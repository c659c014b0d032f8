import { noService, service } from '@sess/testing'
import type { PoolClient } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sweepStatement } from '../src/lib/sweep.ts'
import { dataOf, newId, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function newPlace(): Place {
  return new Place(account as NonNullable<typeof account>)
}

/** A connection with a transaction that stays open. */
async function begin(place: Place): Promise<PoolClient> {
  const client = await place.admin.connect()
  await client.query('BEGIN')
  onTestFinished(() => client.release(true))
  return client
}

function sweepOf(place: Place, limit = 100) {
  const quoted = `"${place.table}"`
  const { text } = sweepStatement({ quoted, schema: undefined, table: place.table })
  return { text, values: [place.clock.now(), limit, quoted] }
}

describe.skipIf(isMissing)('a sweep', () => {
  it.each([200, 5000])('of a hundred rows goes by the indexes, with %d expired of 20,000', async expired => {
    const place = newPlace()
    await place.open()
    await place.admin.query(`INSERT INTO ${place.table}
      SELECT md5(i::text) || md5(i::text), '\\x00', ${place.clock.now()} + (i - ${expired}) * 1000
      FROM generate_series(1, 20000) AS i`)
    await place.admin.query(`ANALYZE ${place.table}`)
    const client = await begin(place)
    const { text, values } = sweepOf(place)
    const { rows } = await client.query({
      text: `EXPLAIN (ANALYZE, COSTS OFF) ${text}`,
      values,
      rowMode: 'array',
    })
    const plan = rows.flat().join('\n')
    expect(plan).toMatch(/Index Scan using \w+_session_expiry_idx/)
    expect(plan).toMatch(/on \w+_pkey/)
    expect(plan).not.toMatch(/Seq Scan/)
    // It reads no more than it deletes.
    expect(plan).toMatch(/session_expiry_idx .*\(actual .* rows=100(\.00)? loops=1\)/)
  })

  it('waits for no row that somebody has locked', async () => {
    const place = newPlace()
    const store = await place.open()
    const ids = [newId(), newId(), newId()] as const
    for (const id of ids) await store.create(id, dataOf(100), place.in(1000))
    place.clock.advance(1000)
    const client = await begin(place)
    await client.query(`SELECT FROM ${place.table} WHERE session_key = $1 FOR UPDATE`, [ids[1]])
    const start = performance.now()
    expect(await store.sweep(place.clock.now(), 100)).toBe(2)
    expect(performance.now() - start).toBeLessThan(3000)
    await client.query('COMMIT')
    expect(await store.sweep(place.clock.now(), 100)).toBe(1)
  })

  it('keeps nobody from live sessions, new ones included, for as long as it takes', async () => {
    const place = newPlace()
    const store = await place.open()
    const [expired, live] = [newId(), newId()]
    await store.create(expired, dataOf(100), place.in(1000))
    const token = (await store.create(live, dataOf(100), place.in(1001))) as string
    place.clock.advance(1000)
    const client = await begin(place)
    expect((await client.query(sweepOf(place))).rowCount).toBe(1)
    // It has deleted, and has not committed.
    const start = performance.now()
    expect(await store.load(live)).toBeDefined()
    const next = (await store.update(live, dataOf(100), place.in(500), token)) as string
    expect(next).toBeDefined()
    expect(await store.extend(live, place.in(900), next)).toBeDefined()
    expect(await store.create(newId(), dataOf(100), place.in(1))).toBeDefined()
    expect(await store.count(place.clock.now())).toBe(2)
    expect(await store.delete(live, next)).toBe(true)
    expect(await store.load(expired)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(3500)
  })

  it('is made by one at a time, and by the next when that one has ended', async () => {
    const place = newPlace()
    const [one, other] = [await place.open(), await place.open()]
    for (let i = 0; i < 5; i++) await one.create(newId(), dataOf(100), place.in(1000))
    place.clock.advance(1000)
    const client = await begin(place)
    expect((await client.query(sweepOf(place, 2))).rowCount).toBe(2)
    expect(await other.sweep(place.clock.now(), 100)).toBe(0)
    await client.query('ROLLBACK')
    expect(await other.sweep(place.clock.now(), 100)).toBe(5)
  })

  it('of one table leaves the next table to others', async () => {
    const [place, neighbour] = [newPlace(), newPlace()]
    const store = await neighbour.open()
    await place.open()
    await store.create(newId(), dataOf(100), neighbour.in(1000))
    neighbour.clock.advance(1000)
    const client = await begin(place)
    await client.query(sweepOf(place))
    expect(await store.sweep(neighbour.clock.now(), 100)).toBe(1)
  })
})
