import { setTimeout as sleep } from 'node:timers/promises'
import { newManager } from '@sess/core'
import { noService, service, startMemcached, startProxy, type TcpProxy } from '@sess/testing'
import { Client } from 'memjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  contentOf,
  dataOf,
  errorOf,
  inSeconds,
  newId,
  newPrefix,
  openStore,
  rawOf,
  socketOf,
  timeout,
  urlOf,
} from './support/scene.ts'

async function scene(): Promise<{ proxy: TcpProxy; client: Client }> {
  const proxy = await startProxy(await service.memcached())
  onTestFinished(() => proxy.close())
  const client = Client.create(urlOf(proxy), { timeout: 5, retries: 1, logger: { log: () => {} } })
  onTestFinished(() => client.close())
  return { proxy, client }
}

describe.skipIf(await noService('memcached'))('a given client', () => {
  it('is used, alone or in an object, and stays open', async () => {
    const { proxy, client } = await scene()
    const prefix = newPrefix()
    for (const providerConfig of [client, { client, prefix }]) {
      const manager = await newManager('memcache', { providerConfig })
      const response = new Headers()
      const session = await manager.sessionStart(new Request('http://localhost'), response)
      session.set('name', 'astaxie')
      await session.sessionRelease()
      const socket = socketOf(client)
      await manager.close()
      expect(socketOf(client)).toBe(socket)
      expect(socket.writable).toBe(true)
      await client.set('app', 'goes on', {})
      expect(String((await client.get('app')).value)).toBe('goes on')
      expect(proxy.connections).toBe(1)
    }
    const raw = await rawOf(await service.memcached())
    expect(await raw.keys(prefix)).toHaveLength(1)
    expect(socketOf(client).listenerCount('end')).toBe(1)
  })

  it('keeps its settings, which are not those of sessions', async () => {
    const options = { expires: 1, retries: 7, failover: true, timeout: 2, serializer: failing }
    const client = Client.create(urlOf(await service.memcached()), { ...options })
    onTestFinished(() => client.close())
    const store = await openStore(await service.memcached(), { client })
    const id = newId()
    await store.create(id, dataOf('one'), inSeconds(60))
    expect(contentOf(await store.load(id))).toBe('one')
    await store.close()
    expect(client.options).toMatchObject(options)
  })

  it('loses what the application has under way when its connection misses a deadline, and goes on', async () => {
    const { proxy, client } = await scene()
    const store = await openStore(proxy, { client })
    proxy.freeze()
    const get = errorOf(client.get('app'))
    expect((await errorOf(store.load(newId()))).code).toBe('ERR_TIMEOUT')
    expect((await get).message).toMatch(/did not answer within/)
    proxy.thaw()
    await Promise.all([client.set('app', 'goes on', {}), store.load(newId())])
    expect(String((await client.get('app')).value)).toBe('goes on')
  })

  it('may lose its connection to the application', async () => {
    const { client } = await scene()
    const store = await openStore(await service.memcached(), { client })
    const id = newId()
    await store.create(id, dataOf('one'), inSeconds(60))
    // memcached takes no such key, and hangs up.
    await errorOf(client.get('x'.repeat(300)))
    await sleep(50)
    expect(contentOf(await store.load(id))).toBe('one')
    socketOf(client).end()
    await sleep(50)
    expect(contentOf(await store.load(id))).toBe('one')
  })

  it('chooses the server', async () => {
    const servers = [await service.memcached(), await startMemcached()] as const
    onTestFinished(() => servers[1].close())
    const client = Client.create(servers.map(urlOf).join(','))
    onTestFinished(() => client.close())
    let chosen: number | string = 1
    client.getServer = () => chosen as string
    const prefix = newPrefix()
    const store = await openStore(servers[0], { client, prefix })
    await store.create(newId(), dataOf('one'), inSeconds(60))
    chosen = '0'
    await store.create(newId(), dataOf('one'), inSeconds(60))
    for (const server of servers) expect(await (await rawOf(server)).keys(prefix)).toHaveLength(1)
    chosen = 2
    expect(await errorOf(store.load(newId()))).toMatchObject({ code: 'ERR_BACKEND', message: /getServer/ })
  })

  it('may name a host that is none', async () => {
    const client = Client.create('localhost:http')
    const error = await errorOf(newManager('memcache', { providerConfig: { client }, timeout }))
    expect(error).toMatchObject({ code: 'ERR_BACKEND', cause: { code: 'ERR_SOCKET_BAD_PORT' } })
  })
})

const failing = {
  serialize: () => {
    throw new Error('not for sessions')
  },
  deserialize: () => {
    throw new Error('not for sessions')
  },
}
