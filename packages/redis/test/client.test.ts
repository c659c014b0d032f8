import { newManager } from '@sess/core'
import { noService, service, startProxy } from '@sess/testing'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import '@sess/redis'
import type { RedisClient } from '../src/index.ts'
import {
  closing,
  contentOf,
  disconnecting,
  newData,
  newId,
  newPrefix,
  openStore,
  soon,
} from './support/place.ts'

/** What a client of the application needs. */
const safe = { maxRetriesPerRequest: 0, socketTimeout: 2000 }

async function refusal(client: Redis | Cluster, name = 'redis'): Promise<string> {
  const error: unknown = await newManager(name, { providerConfig: client, timeout: 2000 }).catch(
    error => error,
  )
  expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_CONFIG' })
  return (error as Error).message
}

const redis = async (options: object = {}) => {
  const { host, port } = await service.redis()
  return disconnecting(new Redis({ host, port, ...safe, ...options }))
}

const cluster = async (options: object = {}) => {
  const { addresses } = await service.redisCluster()
  return disconnecting(
    new Cluster([...addresses], { retryDelayOnFailover: 0, redisOptions: safe, ...options }),
  )
}

describe.skipIf(await noService('redis'))("an application's own Redis", () => {
  it('is used, and not closed', async () => {
    const client = await redis()
    const before = { ...client.options }
    const listeners = client.eventNames().map(event => client.listenerCount(event))
    const manager = await newManager('redis', { providerConfig: client, timeout: 2000 })
    const session = await manager.sessionStart(new Request('http://localhost/'), new Headers())
    session.set('name', 'astaxie')
    await session.sessionRelease()
    await manager.close()
    expect(await client.ping()).toBe('PONG')
    expect(client.options).toEqual(before)
    expect(client.eventNames().map(event => client.listenerCount(event))).toEqual(listeners)
  })

  it('may come with a prefix, and be shared by several stores', async () => {
    const client = await redis({ lazyConnect: true })
    const [one, other] = [newPrefix(), newPrefix()]
    const stores = await Promise.all([one, other].map(prefix => openStore({ client, prefix })))
    const id = newId()
    for (const [i, store] of stores.entries()) await store.create(id, newData(`session of ${i}`), soon())
    expect(await Promise.all(stores.map(async store => contentOf(await store.load(id))))).toEqual([
      'session of 0',
      'session of 1',
    ])
    expect(await Promise.all(stores.map(store => store.count(Date.now())))).toEqual([1, 1])
    await stores[0]?.close()
    expect(contentOf(await stores[1]?.load(id))).toBe('session of 1')
    await client.unlink(one + id, other + id)
  })

  it('may put a prefix of its own before the keys, use another database, and give numbers as strings', async () => {
    const keyPrefix = `app[1]*${newPrefix()}`
    const client = await redis({ keyPrefix, db: 2, stringNumbers: true, enableAutoPipelining: true })
    const store = await openStore(client)
    const id = newId()
    const token = (await store.create(id, newData(), soon())) as string
    expect(await store.create(id, newData(), soon())).toBeUndefined()
    expect(await store.extend(id, soon(), token)).toBe(token)
    expect(await store.count(Date.now())).toBe(1)
    expect(Number(await client.exists(`sess:id:${id}`))).toBe(1)
    expect(await store.delete(id, token)).toBe(true)
    expect(await store.count(Date.now())).toBe(0)
  })

  it('is refused if it would send writes twice, keep a dead connection, or read from a replica', async () => {
    const remedy = /e\.g\. new Redis\(\{ …, maxRetriesPerRequest: 0, socketTimeout: 2000 \}\)$/
    for (const maxRetriesPerRequest of [20, 1, null, undefined]) {
      const message = await refusal(await redis({ maxRetriesPerRequest }))
      expect(message).toMatch(
        /'client' would send writes again when it has lost its connection: it needs maxRetries/,
      )
      expect(message).toMatch(remedy)
    }
    for (const socketTimeout of [undefined, 0, 2001]) {
      const message = await refusal(await redis({ socketTimeout }))
      expect(message).toMatch(
        /would keep a connection that does not answer: it needs a socketTimeout of at most .* 2000 ms/,
      )
      expect(message).toMatch(remedy)
    }
    expect(await refusal(await redis({ readOnly: true }))).toMatch(/would read from replicas/)
  })

  it('is refused if it is closed', async () => {
    const client = await redis()
    await client.quit()
    await expect.poll(() => client.status).toBe('end')
    expect(await refusal(client)).toMatch(/'client' is closed/)
  })

  it('is refused if it is of another kind, or has options beside it', async () => {
    expect(await refusal(await redis(), 'redis_cluster')).toMatch(/'client' must be a Cluster of ioredis/)
    const client = { client: await redis(), host: '127.0.0.1' }
    expect(await refusal(client as unknown as Redis)).toMatch(/has 'host' beside 'client'/)
    const other = { client: { get: () => null, sendCommand: () => null } as unknown as RedisClient }
    expect(await refusal(other as unknown as Redis)).toMatch(
      /'client' must be a Redis or a Cluster of ioredis/,
    )
  })

  it('that is closed later is an error, which says that nothing was done', async () => {
    const client = await redis()
    const store = await openStore(client)
    client.disconnect()
    await expect.poll(() => client.status).toBe('end')
    await expect(store.create(newId(), newData(), soon())).rejects.toMatchObject({ code: 'ERR_BACKEND' })
  })

  it('that cannot connect is ERR_BACKEND in time', async () => {
    const proxy = await closing(startProxy(await service.redis()))
    await proxy.refuse()
    const { host, port } = proxy
    const client = disconnecting(new Redis({ host, port, maxRetriesPerRequest: 0, socketTimeout: 500 }))
    const start = performance.now()
    const error = await newManager('redis', { providerConfig: { client }, timeout: 500 }).catch(
      error => error,
    )
    expect(error).toMatchObject({ code: 'ERR_BACKEND' })
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe.skipIf(await noService('redisCluster'))("an application's own Cluster", () => {
  it('is used, and not closed', async () => {
    const client = await cluster()
    for (const name of ['redis', 'redis_cluster']) {
      const manager = await newManager(name, { providerConfig: client, timeout: 2000 })
      const session = await manager.sessionStart(new Request('http://localhost/'), new Headers())
      session.set('name', 'astaxie')
      await session.sessionRelease()
      await manager.close()
      expect(await client.get('nothing')).toBeNull()
    }
  })

  it.each([
    ['all nodes', {}],
    ['each node too', { redisOptions: { ...safe, keyPrefix: 'app:' } }],
  ])('may put a prefix of its own before the keys, for %s', async (_, options) => {
    const client = await cluster({ keyPrefix: 'app:', ...options })
    const prefix = newPrefix()
    const store = await openStore({ client, prefix })
    const ids = Array.from({ length: 20 }, newId)
    for (const id of ids) await store.create(id, newData(), soon())
    expect(await store.count(Date.now())).toBe(20)
    for (const id of ids) expect(await store.delete(id)).toBe(true)
    expect(await store.count(Date.now())).toBe(0)
  })

  it('is refused if it would send writes twice, keep a dead connection, or read from a replica', async () => {
    const remedy =
      /e\.g\. new Cluster\(nodes, \{ retryDelayOnFailover: 0, redisOptions: \{ maxRetriesPerRequest: 0, socketTimeout: 2000 \} \}\)$/
    const failover = await refusal(await cluster({ retryDelayOnFailover: 100 }))
    expect(failover).toMatch(/would send writes again when a node fails: it needs retryDelayOnFailover: 0/)
    expect(failover).toMatch(remedy)
    const reconnecting = { clusterNodeRetryStrategy: () => 100, redisOptions: { socketTimeout: 2000 } }
    expect(await refusal(await cluster(reconnecting))).toMatch(/needs maxRetriesPerRequest: 0/)
    expect(await refusal(await cluster({ redisOptions: {} }))).toMatch(/would keep a connection/)
    expect(await refusal(await cluster({ scaleReads: 'all' }))).toMatch(/would read from replicas/)
    expect(await refusal(await cluster(), 'redis_sentinel')).toMatch(/'client' must be a Redis of ioredis/)
  })
})
