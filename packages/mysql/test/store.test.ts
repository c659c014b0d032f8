import { TOMBSTONE_BYTES } from '@sess/core/engine'
import { noService, service } from '@sess/testing'
import { describe, expect, it } from 'vitest'
import { dataOf, newId, Place, specTable } from './support/place.ts'

/* The rules of each statement, in short: the conformance kit asks for all of them and more. */
describe.skipIf(await noService('mysql')).each([
  ['a table of its own making', true, true],
  ['a table of its own making, not prepared', true, false],
  ['the table of the documents', false, true],
  ['the table of the documents, not prepared', false, false],
])('on %s', (_, createTable, prepared) => {
  async function newScene() {
    const place = new Place(await service.mysql())
    if (!createTable) await place.rows(specTable(place.table))
    const store = await place.open({ ...place.config, createTable, prepared })
    const [id, data] = [newId(), dataOf(100)]
    const token = (await store.create(id, data, place.in(60_000))) ?? ''
    return { place, store, id, data, token }
  }

  it('what is created is loaded, and nothing is created over it', async () => {
    const { place, store, id, data, token } = await newScene()
    expect(await store.load(id)).toEqual({ data, expiresAt: place.in(60_000), token })
    expect(await store.create(id, dataOf(40), place.in(90_000))).toBeUndefined()
    expect(await store.load(id)).toEqual({ data, expiresAt: place.in(60_000), token })
  })

  it('bytes stay what they are', async () => {
    const { place, store } = await newScene()
    for (const data of [
      Buffer.from(`'"\\\0\n\r\x1a%_?\`--`),
      Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
    ]) {
      const id = newId()
      await store.create(id, data, place.in(60_000))
      expect((await store.load(id))?.data).toEqual(data)
    }
  })

  it('an update takes the place of its own write, and of no other', async () => {
    const { place, store, id, data, token } = await newScene()
    const next = dataOf(50)
    const nextToken = (await store.update(id, next, place.in(70_000), token)) ?? ''
    expect(await store.load(id)).toEqual({ data: next, expiresAt: place.in(70_000), token: nextToken })
    expect(await store.update(id, data, place.in(80_000), token)).toBeUndefined()
    expect(await store.extend(id, place.in(80_000), token)).toBeUndefined()
    expect(await store.delete(id, token)).toBe(false)
    expect(await store.load(id)).toEqual({ data: next, expiresAt: place.in(70_000), token: nextToken })
    expect(await store.extend(id, place.in(80_000), nextToken)).toBe(nextToken)
    expect((await store.load(id))?.expiresAt).toBe(place.in(80_000))
    expect(await store.delete(id, nextToken)).toBe(true)
    expect(await store.load(id)).toBeUndefined()
  })

  it('an update does not create', async () => {
    const { place, store, id, token } = await newScene()
    await store.delete(id)
    expect(await store.update(id, dataOf(50), place.in(70_000), token)).toBeUndefined()
    expect(await place.expiries()).toEqual([])
  })

  it('what is expired is absent in every respect, and gives way', async () => {
    const { place, store, id, data, token } = await newScene()
    place.clock.advance(60_000)
    expect(await store.load(id)).toBeUndefined()
    expect(await store.update(id, dataOf(50), place.in(60_000), token)).toBeUndefined()
    expect(await store.extend(id, place.in(60_000), token)).toBeUndefined()
    expect(await store.delete(id, token)).toBe(false)
    expect(await store.delete(id)).toBe(false)
    expect(await store.count(place.clock.now())).toBe(0)
    expect(await store.create(id, data, place.in(60_000))).toBeDefined()
    expect((await store.load(id))?.data).toEqual(data)
    expect(await place.expiries()).toHaveLength(1)
  })

  it('an expiry is never early', async () => {
    const { place, store } = await newScene()
    const id = newId()
    await store.create(id, dataOf(40), place.in(1))
    expect((await store.load(id))?.expiresAt).toBeGreaterThanOrEqual(place.in(1))
  })

  it('ids that a table may take for one are refused', async () => {
    const { place, store } = await newScene()
    for (const id of ['A', 'a ', ''])
      await expect(store.create(id, dataOf(40), place.in(1))).rejects.toMatchObject({
        code: 'ERR_INVALID_ID',
      })
  })

  it('a tombstone is not counted', async () => {
    const { place, store } = await newScene()
    await store.create(newId(), dataOf(TOMBSTONE_BYTES), place.in(60_000))
    expect(await store.count(place.clock.now())).toBe(1)
  })

  it('a sweep deletes what is expired, as much as it may, and no more', async () => {
    const { place, store, id } = await newScene()
    for (let i = 0; i < 7; i++) await store.create(newId(), dataOf(40), place.in(1000))
    expect(await store.sweep(place.clock.now(), 10)).toBe(0)
    expect(await store.sweep(place.in(1000), 5)).toBe(5)
    expect(await store.sweep(place.in(1000), 5)).toBe(2)
    expect(await store.load(id)).toBeDefined()
  })
})
