import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { newManager } from '@sess/core'
import type { MemcacheClient } from '@sess/memcache'
import { type Address, noService, service, startProxy, type TcpProxy } from '@sess/testing'
import { Client } from 'memjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { startRelay } from './support/relay.ts'
import {
  contentOf,
  dataOf,
  errorOf,
  inSeconds,
  newId,
  openStore,
  rawOf,
  socketOf,
  timeout,
  urlOf,
} from './support/scene.ts'

const [GET, REPLACE] = [0x00, 0x03]

async function proxied(): Promise<TcpProxy> {
  const proxy = await startProxy(await service.memcached())
  onTestFinished(() => proxy.close())
  return proxy
}

describe.skipIf(await noService('memcached'))('a connection', () => {
  it.each(['end', 'reset'] as const)(
    'that ends with an %s fails what is under way, and the next call makes another',
    async how => {
      const proxy = await proxied()
      const store = await openStore(proxy)
      const id = newId()
      await store.create(id, dataOf('one'), inSeconds(60))
      proxy.freeze()
      const calls = [store.load(id), store.load(newId()), store.delete(newId())].map(errorOf)
      await sleep(50)
      proxy.cut(how)
      for (const error of await Promise.all(calls)) expect(error.code).toBe('ECONNRESET')
      proxy.thaw()
      expect(contentOf(await store.load(id))).toBe('one')
    },
  )

  it('that ends while nothing is under way costs no call', async () => {
    const proxy = await proxied()
    const store = await openStore(proxy)
    const id = newId()
    await store.create(id, dataOf('one'), inSeconds(60))
    for (const how of ['end', 'reset', 'end'] as const) {
      proxy.cut(how)
      await expect.poll(() => proxy.connections).toBe(0)
      await sleep(20)
      expect(contentOf(await store.load(id))).toBe('one')
    }
  })

  it('that misses a deadline is dropped with all that is under way, and its late answers reach nobody', async () => {
    const proxy = await proxied()
    const store = await openStore(proxy)
    const [one, other] = [newId(), newId()]
    await store.create(one, dataOf('one'), inSeconds(60))
    await store.create(other, dataOf('other'), inSeconds(60))
    expect(proxy.connections).toBe(1)
    proxy.freeze()
    const first = errorOf(store.load(one))
    await sleep(timeout / 2)
    const second = errorOf(store.load(other))
    expect((await first).code).toBe('ERR_TIMEOUT')
    expect((await second).code).toBe('ETIMEDOUT')
    proxy.thaw()
    const found = await Promise.all([other, one, other].map(async id => contentOf(await store.load(id))))
    expect(found).toEqual(['other', 'one', 'other'])
    await expect.poll(() => proxy.connections).toBe(1)
  })

  it.each([
    ['reset', 10],
    ['end', 10],
    ['silence', 10],
    ['reset', 40],
    ['end', 40],
    ['silence', 40],
  ] as const)(
    'that ends with %s after %j bytes of an answer leaves none of them to the next',
    async (how, after) => {
      const relay = await startRelay(await service.memcached())
      const store = await openStore(relay)
      const id = newId()
      await store.create(id, dataOf('a session of some length'), inSeconds(60))
      relay.breakOff = { after, how }
      await errorOf(store.load(id))
      for (let i = 0; i < 3; i++) expect(contentOf(await store.load(id))).toBe('a session of some length')
    },
  )

  it('that breaks off before it has logged in sends nothing later', async () => {
    const relay = await startRelay(await service.memcached())
    const credentials = { username: 'astaxie', password: 'secret' }
    const store = await openStore(relay, credentials)
    const id = newId()
    const token = await store.create(id, dataOf('one'), inSeconds(60))
    const replaced = () => relay.requests.flat().filter(opcode => opcode === REPLACE).length
    const before = replaced()
    relay.breakOff = { after: 0, how: 'reset' }
    await errorOf(store.load(id))
    relay.isHolding = true
    await errorOf(store.update(id, dataOf('late'), inSeconds(60), token))
    relay.isHolding = false
    expect(contentOf(await store.load(id))).toBe('one')
    await sleep(timeout)
    expect(replaced()).toBe(before)
    expect(relay.requests.at(-1)?.at(-1)).toBe(GET)
  })

  it('sends what is asked in one turn of the event loop together', async () => {
    const client = Client.create(urlOf(await service.memcached()), { timeout: 5 })
    onTestFinished(() => client.close())
    const store = await openStore(await service.memcached(), { client })
    const socket = socketOf(client)
    const loads = [store.load(newId()), store.load(newId())]
    const waiting = socket.writableLength
    expect(waiting).toBeGreaterThan(0)
    await new Promise<void>(resolve => process.nextTick(resolve))
    loads.push(store.load(newId()), store.load(newId()))
    expect(socket.writableLength).toBe(2 * waiting)
    expect(await Promise.all(loads)).toEqual(loads.map(() => undefined))
    expect(socket.writableLength).toBe(0)
  })

  it('numbers requests beyond what memjs can count', async () => {
    const client = Client.create(urlOf(await service.memcached()), { timeout: 5 })
    onTestFinished(() => client.close())
    Object.assign(client, { seq: 2 ** 31 - 3 })
    const store = await openStore(await service.memcached(), { client })
    const ids = Array.from({ length: 6 }, newId)
    const create = async (id: string) => store.create(id, dataOf(id), inSeconds(60))
    const tokens = await Promise.all(ids.map(create))
    expect(tokens.filter(token => token === undefined)).toEqual([])
    expect(client.seq).toBeLessThan(0)
    for (const id of ids) expect(contentOf(await store.load(id))).toBe(id)
  })
})

describe.skipIf(await noService('memcached'))('a write', () => {
  const clientOf = ({ host, port }: Address) => {
    const options = { retries: 5, retry_delay: 0.02, failover: true, failoverTime: 0.01, timeout: 0.2 }
    const client = Client.create(`${host}:${port}`, { ...options, logger: { log: () => {} } })
    onTestFinished(() => client.close())
    return client
  }

  it.each([
    ['the engine’s own client', () => undefined],
    ['a given client that resends', clientOf],
  ] as const)('whose answer is lost is never sent again, with %s', async (_, makeClient) => {
    const server = await service.memcached()
    const proxy = await startProxy(server)
    onTestFinished(() => proxy.close())
    const relay = await startRelay(proxy)
    const client: MemcacheClient | undefined = makeClient(relay)
    const store = await openStore(relay, client ? { client } : {})
    const writes = () => relay.requests.flat().filter(opcode => opcode !== GET && opcode !== 0x10).length
    for (let i = 0; i < 5; i++) {
      const id = newId()
      const token = await store.create(id, dataOf('one'), inSeconds(60))
      const before = writes()
      proxy.cutAnswers(1)
      await errorOf(store.update(id, dataOf('two'), inSeconds(60), token))
      await errorOf(store.create(newId(), dataOf('new'), inSeconds(60)))
      await errorOf(store.delete(id, token))
      await sleep(150)
      proxy.cutAnswers(0)
      expect(writes() - before).toBe(3)
      await store.load(id)
    }
  })
})

describe.skipIf(await noService('memcached'))('an error', () => {
  it('of a server that is none, or none of memcached’s, says so in time', async () => {
    const silent = createServer(socket => socket.on('error', () => {}))
    const web = createServer(socket => {
      socket.on('error', () => {})
      socket.on('data', () => void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'))
    })
    for (const listener of [silent, web]) {
      listener.listen(0, '127.0.0.1')
      await once(listener, 'listening')
      onTestFinished(() => void listener.close())
    }
    const ports = [silent, web].map(listener => (listener.address() as AddressInfo).port)
    for (const [port, code] of [
      [1, 'ECONNREFUSED'],
      [ports[0], undefined],
    ] as const) {
      const providerConfig = `memcached://app:secret@127.0.0.1:${port}`
      const error = await errorOf(newManager('memcache', { providerConfig, timeout }))
      const server = `the memcached server 127.0.0.1:${port}`
      const refused = { code: 'ERR_BACKEND', message: `Cannot reach ${server}: ${code}`, cause: { code } }
      const late = { code: 'ERR_TIMEOUT', message: `T${server.slice(1)} did not answer within ${timeout} ms` }
      expect(error).toMatchObject(code ? refused : late)
    }
    const error = await errorOf(newManager('memcache', { providerConfig: `127.0.0.1:${ports[1]}`, timeout }))
    expect(error).toMatchObject({ code: 'ERR_CONFIG', cause: { code: 'EPROTO' } })
  })

  it('names a server by its number of the sixth version as well', async () => {
    const error = await errorOf(newManager('memcache', { providerConfig: '[::1]:1', timeout }))
    expect(error.message).toMatch(/^Cannot reach the memcached server \[::1\]:1: E/)
  })

  it('is not written to the console', async () => {
    const log = vi.spyOn(console, 'log')
    onTestFinished(() => log.mockRestore())
    const proxy = await proxied()
    const client = Client.create(urlOf(proxy))
    onTestFinished(() => client.close())
    for (const store of [await openStore(proxy), await openStore(proxy, { client })]) {
      await proxy.refuse()
      proxy.cut()
      await errorOf(store.load(newId()))
      await proxy.allow()
      await store.load(newId())
    }
    expect(log).not.toHaveBeenCalled()
  })

  it('holds neither key nor id', async () => {
    const proxy = await proxied()
    const store = await openStore(proxy)
    const id = newId()
    proxy.freeze()
    const error = await errorOf(store.load(id))
    expect(error.message).toMatch(/^The memcached server 127\.0\.0\.1:\d+ did not answer within 600 ms$/)
    proxy.thaw()
    const raw = await rawOf(await service.memcached())
    expect(await raw.get(id)).toBeUndefined()
  })
})
