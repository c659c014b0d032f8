import { setTimeout as sleep } from 'node:timers/promises'
import { MemcacheStore } from '@sess/memcache'
import { noService, service } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentOf, dataOf, inSeconds, newId, newPrefix, openStore, rawOf, urlOf } from './support/scene.ts'

const DAY = 86_400
const YEAR = 365 * DAY

describe.skipIf(await noService('memcached'))('memcached drops a session', () => {
  it.each([
    ['an hour', 3600, 2],
    ['29 days', 29 * DAY, 2],
    ['30 days less two seconds', 30 * DAY - 2, 2],
    ['30 days', 30 * DAY, DAY + 5],
    ['31 days', 31 * DAY, DAY + 5],
    ['a year', YEAR, DAY + 5],
    ['20 years', 20 * YEAR, DAY + 5],
    ['70 years', 70 * YEAR, DAY + 5],
  ])('of %s not before its end, and not long after', async (_, seconds, later) => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const store = await openStore(await service.memcached(), { prefix })
    const [id, moved] = [newId(), newId()]
    await store.create(id, dataOf('one'), inSeconds(seconds))
    const token = await store.create(moved, dataOf('one'), inSeconds(60))
    await store.update(moved, dataOf('two'), inSeconds(seconds), token)
    for (const each of [id, moved]) {
      const left = await raw.secondsLeft(prefix + each)
      expect(left).toBeGreaterThanOrEqual(seconds - 1)
      expect(left).toBeLessThanOrEqual(seconds + later)
      expect(await store.load(each)).toBeDefined()
    }
  })

  it.each([90 * YEAR, 1000 * YEAR, Number.MAX_SAFE_INTEGER])('of %j seconds never', async seconds => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const store = await openStore(await service.memcached(), { prefix })
    const id = newId()
    await store.create(id, dataOf('one'), inSeconds(seconds))
    expect(await raw.secondsLeft(prefix + id)).toBe(-1)
    expect(await store.load(id)).toBeDefined()
  })

  it('of a second, not before that, by itself', async () => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const store = await openStore(await service.memcached(), { prefix })
    // At every part of a second, because the server counts whole ones.
    const lives = Array.from({ length: 8 }, async (_, i) => {
      await sleep(i * 125)
      const id = newId()
      const expiresAt = Date.now() + 1000
      await store.create(id, dataOf('one'), expiresAt)
      await sleep(expiresAt - Date.now() - 30)
      const found = await store.load(id)
      if (Date.now() < expiresAt) expect(contentOf(found)).toBe('one')
      return id
    })
    const ids = await Promise.all(lives)
    await sleep(2500)
    for (const id of ids) expect(await raw.get(prefix + id)).toBeUndefined()
  })
})

describe.skipIf(await noService('memcached'))('the end of a session', () => {
  it('goes by the clock that is given, whatever the time is', async () => {
    for (const now of [0, 1_000_000_000_000, 4_000_000_000_000]) {
      const clock = { time: now, now: () => clock.time }
      const config = { servers: urlOf(await service.memcached()), prefix: newPrefix() }
      const store = await MemcacheStore.open(config, { clock })
      onTestFinished(() => store.close())
      const id = newId()
      const token = await store.create(id, dataOf('one'), now + 60_000)
      clock.time += 59_999
      expect(await store.load(id)).toMatchObject({ expiresAt: now + 60_000 })
      clock.time += 1
      expect(await store.load(id)).toBeUndefined()
      expect(await store.update(id, dataOf('two'), now + 1e6, token)).toBeUndefined()
      expect(await store.delete(id, token)).toBe(false)
      expect(await store.delete(id)).toBe(false)
    }
  })
})
