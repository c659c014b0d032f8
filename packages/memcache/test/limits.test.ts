import { newManager } from '@sess/core'
import type { MemcacheStore } from '@sess/memcache'
import { noServer, type Server, startMemcached } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentOf, dataOf, errorOf, inSeconds, newId, openStore, urlOf } from './support/scene.ts'

async function start(...args: string[]): Promise<Server> {
  const server = await startMemcached({ args })
  onTestFinished(() => server.close())
  return server
}

const KIB = 1024

describe.skipIf(await noServer('memcached'))('the size of a session', () => {
  it.each([
    ['512k', 512 * KIB, ''],
    ['1m', 1024 * KIB, 'sess:id:'],
    ['1m', 1024 * KIB, 'p'.repeat(180)],
    ['4m', 4096 * KIB, 'sess:id:'],
  ])('is limited by what a server of %s takes', async (size, bytes, prefix) => {
    const store = await openStore(await start('-I', size), { prefix })
    expect(bytes - store.maxBytes).toBeLessThan(400)
    const [id, other] = [newId(), newId()]
    const largest = dataOf(store.maxBytes)
    const token = await store.create(id, dataOf('small'), inSeconds(60))
    expect(await store.update(id, largest, inSeconds(60), token)).toBeDefined()
    expect(await store.create(other, largest, inSeconds(60))).toBeDefined()
    for (const each of [id, other])
      expect(largest.equals((await store.load(each))?.data as Buffer)).toBe(true)
  })

  it('is refused by the server at most 16 bytes beyond, and what was stored stays', async () => {
    const store = await openStore(await start('-I', '1m'))
    const id = newId()
    const token = await store.create(id, dataOf('small'), inSeconds(60))
    const tooLarge = dataOf(store.maxBytes + 17)
    for (const write of [
      store.update(id, tooLarge, inSeconds(60), token),
      store.create(newId(), tooLarge, inSeconds(60)),
    ])
      expect(await errorOf(Promise.resolve(write))).toMatchObject({
        code: 'ERR_TOO_LARGE',
        limit: store.maxBytes,
      })
    expect(contentOf(await store.load(id))).toBe('small')
    expect(await store.update(id, dataOf('again'), inSeconds(60), token)).toBeDefined()
  })

  it('is limited by the server that takes least', async () => {
    const servers = await Promise.all([start('-I', '4m'), start('-I', '512k'), start()])
    const all = await openStore(servers[0], { servers: servers.map(urlOf) })
    const one = await openStore(servers[1])
    expect(all.maxBytes).toBe(one.maxBytes)
  })

  it('may also be too much for a server that is full, and what was stored stays', async () => {
    const server = await start('-M', '-m', '2')
    const store = await openStore(server)
    const id = newId()
    let token = await store.create(id, dataOf('small'), inSeconds(600))
    await fill(store)
    const error = await errorOf(Promise.resolve(store.update(id, dataOf(500 * KIB), inSeconds(600), token)))
    expect(error).toMatchObject({ code: '0x0082', message: 'memcached answered 0x0082: out of memory' })
    expect(contentOf(await store.load(id))).toBe('small')
    token = await store.update(id, dataOf('again'), inSeconds(600), token)
    expect(token).toBeDefined()
  })
})

describe.skipIf(await noServer('memcached'))('a server without compare-and-swap', () => {
  it('is refused', async () => {
    const server = await start('-C')
    const error = await errorOf(newManager('memcache', { providerConfig: urlOf(server) }))
    expect(error).toMatchObject({ code: 'ERR_CONFIG' })
    expect(error.message).toMatch(
      /127\.0\.0\.1:\d+ runs without compare-and-swap; start it without its option -C/,
    )
  })
})

/** Stores sessions until there is no room for a large one. */
async function fill(store: MemcacheStore): Promise<void> {
  for (;;) {
    try {
      await store.create(newId(), dataOf(500 * KIB), inSeconds(600))
    } catch {
      return
    }
  }
}
