import { noService, service } from '@sess/testing'
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
})
