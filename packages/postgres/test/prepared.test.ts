import { Socket } from 'node:net'
import { noService, service } from '@sess/testing'
import { Pool } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, newId, Place } from './support/place.ts'

const isMissing = await noService('postgres')
const account = isMissing ? undefined : await service.postgres()

function newPlace(): Place {
  return new Place(account as NonNullable<typeof account>)
}

describe.skipIf(isMissing)('prepared statements', () => {
  it.each([{}, { pipeline: true }, { prepared: false }])('read and write the same with %j', async options => {
    const place = newPlace()
    const store = await place.open({ ...place.config, ...options })
    const [id, first, second] = [newId(), dataOf(100), dataOf(100)]
    const token = await store.create(id, first, place.in(1000))
    expect(await store.create(id, second, place.in(1000))).toBeUndefined()
    expect(await store.load(id)).toEqual({ data: first, token, expiresAt: place.in(1000) })
    const next = await store.update(id, second, place.in(2000), token as string)
    expect(await store.update(id, first, place.in(3000), token as string)).toBeUndefined()
    expect(await store.load(id)).toEqual({ data: second, token: next, expiresAt: place.in(2000) })
    expect(await store.delete(id, token as string)).toBe(false)
    expect(await store.delete(id, next as string)).toBe(true)
    expect(await store.load(id)).toBeUndefined()
  })

  it('are read right on a connection where the first run failed after it was prepared', async () => {
    const place = newPlace()
    // One connection, which a statement that the server gave up leaves as it was.
    const store = await place.open({ ...place.config, max: 1, statement_timeout: 300 })
    const [id, data] = [newId(), dataOf(100)]
    const token = await store.create(id, data, place.in(1000))
    const client = await place.admin.connect()
    onTestFinished(() => client.release(true))
    await client.query('BEGIN')
    // It locks the index, which is looked at when values are bound, and not what reads the table.
    await client.query(`REINDEX INDEX "${place.table}_pkey"`)
    await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    await client.query('COMMIT')
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
  })

  /** A store on the one connection of a pool that others use as well. */
  async function newShared(place: Place, options: object = {}) {
    const client = new Pool({ ...place.account, max: 1, ...options })
    onTestFinished(() => client.end())
    let connections = 0
    client.on('connect', () => connections++)
    const store = await place.open({ client, tableName: place.table, createTable: true })
    return { client, store, connections: () => connections }
  }

  describe.each([{}, { pipeline: true }])('on a shared pool with %j', options => {
    it.each([
      'DISCARD ALL',
      'DEALLOCATE ALL',
      'RESET ALL; DISCARD PLANS; DEALLOCATE ALL',
      'SET search_path = pg_catalog',
      'DEALLOCATE ALL; SET search_path = nowhere',
      "SET bytea_output = 'escape'; SET standard_conforming_strings = off; DEALLOCATE ALL",
    ])('are prepared again after %s, on the same connection', async statement => {
      const place = newPlace()
      const { client, store, connections } = await newShared(place, options)
      const [id, first, second] = [newId(), dataOf(100), dataOf(100)]
      const disturb = () => client.query(statement)
      // Each statement once, so that it is prepared, and once more when it is lost.
      await store.load(id)
      const token = await store.create(id, first, place.in(1000))
      for (let i = 0; i < 2; i++) {
        await disturb()
        expect(await store.load(id)).toEqual({ data: first, token, expiresAt: place.in(1000) })
        await disturb()
        expect(await store.create(id, second, place.in(1000))).toBeUndefined()
        await disturb()
        expect(await store.extend(id, place.in(1000), token as string)).toBe(token)
      }
      await disturb()
      const next = await store.update(id, second, place.in(2000), token as string)
      await disturb()
      expect(await store.update(id, first, place.in(2000), token as string)).toBeUndefined()
      await disturb()
      expect(await store.delete(id, next as string)).toBe(true)
      expect(connections()).toBe(1)
    })

    it('are read right when the type of a column has changed meanwhile', async () => {
      const place = newPlace()
      const { client, store, connections } = await newShared(place, options)
      const [id, data] = [newId(), dataOf(100)]
      const token = await store.create(id, data, place.in(1000))
      const right = { data, token, expiresAt: place.in(1000) }
      expect(await store.load(id)).toEqual(right)
      for (const type of ['numeric', 'bigint', 'double precision']) {
        await client.query(`ALTER TABLE "${place.table}" ALTER COLUMN session_expiry TYPE ${type}`)
        expect(await store.load(id)).toEqual(right)
        expect(await store.extend(id, place.in(1000), token as string)).toBe(token)
      }
      expect(connections()).toBe(1)
    })
  })

  it('are read right on a new connection when the type of a column has changed meanwhile', async () => {
    const place = newPlace()
    const { client, store } = await newShared(place, { max: 2 })
    const [id, data] = [newId(), dataOf(100)]
    const token = await store.create(id, data, place.in(1000))
    await store.load(id)
    await client.query(
      `ALTER TABLE "${place.table}" ALTER COLUMN session_data TYPE text USING encode(session_data, 'hex')`,
    )
    await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await client.query(
      `ALTER TABLE "${place.table}" ALTER COLUMN session_data TYPE bytea USING decode(session_data, 'hex')`,
    )
    const taken = await client.connect()
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
    taken.release()
    expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
  })

  it('are sent on a stream that cannot be corked, as that of Cloudflare', async () => {
    const place = newPlace()
    const stream = () => Object.assign(new Socket(), { cork: undefined, uncork: undefined })
    for (const own of [true, false]) {
      const client = new Pool({ ...place.account, stream })
      onTestFinished(() => client.end())
      const store = await place.open(
        own
          ? { ...place.config, stream: stream as never }
          : { client, tableName: place.table, createTable: true },
      )
      const [id, data] = [newId(), dataOf(100)]
      const token = await store.create(id, data, place.in(1000))
      expect(await store.load(id)).toEqual({ data, token, expiresAt: place.in(1000) })
      expect(await store.update(id, dataOf(100), place.in(1000), token as string)).toBeDefined()
      await store.close()
    }
  })
})
