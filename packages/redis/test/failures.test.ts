import { setTimeout as sleep } from 'node:timers/promises'
import { noServer, noService, type Server, service, startProxy, startRedis } from '@sess/testing'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
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

describe.skipIf(await noService('redis'))('a connection', () => {
  /** A store behind a proxy, an onlooker, and a record that both know. */
  async function scene(timeout: number) {
    const { host, port } = await service.redis()
    const proxy = await closing(startProxy({ host, port }))
    const prefix = newPrefix()
    const connectionName = prefix.slice(0, -1)
    const store = await openStore({ host: proxy.host, port: proxy.port, prefix, connectionName }, { timeout })
    onTestFinished(() => proxy.thaw())
    const onlooker = await openStore({ host, port, prefix })
    const id = newId()
    const token = (await store.create(id, newData('an old session'), soon())) as string
    /** From when the client knows of it. */
    const goAway = async () => {
      await proxy.refuse()
      proxy.cut()
      await vi.waitFor(() => expect(proxy.connections).toBe(0))
      await sleep(20)
    }
    const admin = disconnecting(new Redis({ host, port }))
    /** Its number at the server. */
    const connection = async () => {
      const lines = ((await admin.client('LIST')) as string).split('\n')
      return lines.filter(line => line.includes(`name=${connectionName} `)).map(line => line.split(' ')[0])[0]
    }
    return { proxy, goAway, store, onlooker, id, token, connection }
  }

  it('that does not answer in time is closed, and another one made', { timeout: 10_000 }, async () => {
    const { proxy, store, id, connection } = await scene(300)
    const before = await connection()
    proxy.freeze()
    const start = performance.now()
    await expect(store.load(id)).rejects.toThrow()
    expect(performance.now() - start).toBeLessThan(1000)
    await sleep(200)
    proxy.thaw()
    expect(contentOf(await store.load(id))).toBe('an old session')
    await vi.waitFor(() => expect(proxy.connections).toBe(1))
    expect(await connection()).not.toBe(before)
  })

  it('that is not there has nothing sent later for those who have given up', async () => {
    const { proxy, goAway, store, onlooker, id, token } = await scene(300)
    await goAway()
    const calls = [
      store.update(id, newData('new'), soon(), token),
      store.create(newId(), newData('another session'), soon()),
      store.delete(id),
      store.extend(id, soon(), token),
    ]
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: 'rejected', reason: { name: 'SessionError' } })
    await proxy.allow()
    expect(contentOf(await store.load(id))).toBe('an old session')
    expect(await onlooker.count(Date.now())).toBe(1)
  })

  it('that is soon back makes a request wait, and no more than that', async () => {
    const { proxy, goAway, store, id, token } = await scene(2000)
    await goAway()
    const update = store.update(id, newData('new'), soon(), token)
    await sleep(500)
    await proxy.allow()
    expect(await update).toBeTypeOf('string')
    expect(contentOf(await store.load(id))).toBe('new')
  })

  it('that has been away for long fails requests at the next attempt, not after their whole time', async () => {
    const { proxy, goAway, store, id } = await scene(1000)
    await goAway()
    await expect(store.load(id)).rejects.toThrow()
    const start = performance.now()
    for (let i = 0; i < 3; i++) await expect(store.load(id)).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    expect((performance.now() - start) / 3).toBeLessThan(900)
    await proxy.allow()
    expect(contentOf(await store.load(id))).toBe('an old session')
  })

  it('that is lost when the store is closed keeps nobody', async () => {
    const { goAway, store } = await scene(1000)
    await goAway()
    const start = performance.now()
    await store.close()
    expect(performance.now() - start).toBeLessThan(1900)
    await expect(store.load(newId())).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })
})

describe.skipIf(await noServer('redis'))('a server', () => {
  let server: Server
  let admin: Redis

  beforeAll(async () => {
    server = await startRedis()
    admin = new Redis(server.url)
    admin.on('error', () => undefined)
    return async () => {
      admin.disconnect()
      await server.close()
    }
  })

  it('that has lost its scripts is told them again', async () => {
    const store = await openStore(server.url)
    const id = newId()
    let token = (await store.create(id, newData('an old session'), soon())) as string
    const flush = () => admin.script('FLUSH', 'SYNC')
    await flush()
    token = (await store.update(id, newData('new'), soon(), token)) as string
    expect(token).toBeTypeOf('string')
    await flush()
    expect(await store.extend(id, soon(), token)).toBe(token)
    await flush()
    expect(await store.create(id, newData(), soon())).toBeUndefined()
    await flush()
    expect(await store.delete(id, token)).toBe(true)
  })

  it('that was restarted, with the data and without the scripts, goes on', async () => {
    const store = await openStore(server.url)
    const id = newId()
    const token = (await store.create(id, newData('an old session'), soon())) as string
    await server.kill()
    await server.restart()
    expect(await store.update(id, newData('new'), soon(), token)).toBeTypeOf('string')
    expect(contentOf(await store.load(id))).toBe('new')
  })

  it('that becomes a replica refuses writes, and the store connects anew', async () => {
    const other = await closing(startRedis())
    const store = await openStore({ url: server.url, connectionName: 'demoted' })
    const id = newId()
    const token = (await store.create(id, newData('an old session'), soon())) as string
    const number = async () => /id=(\d+) .*name=demoted/.exec((await admin.client('LIST')) as string)?.[1]
    const before = await number()
    expect(before).toBeDefined()
    await admin.replicaof(other.host, other.port)
    try {
      await expect(store.update(id, newData('new'), soon(), token)).rejects.toThrow('READONLY')
      // On the connection that is about to end, nothing can be sent any more.
      expect(contentOf(await store.load(id))).toBe('an old session')
      await vi.waitFor(async () => {
        expect(await number()).toBeDefined()
        expect(await number()).not.toBe(before)
      })
    } finally {
      await admin.replicaof('NO', 'ONE')
    }
    expect(await store.create(newId(), newData(), soon())).toBeTypeOf('string')
  })

  it('whose refusals hold a session does not put it into the error', async () => {
    const store = await openStore(server.url)
    const id = newId()
    await admin.config('SET', 'maxmemory', '1')
    try {
      const error: Error & { code?: string; command?: unknown } = await store
        .create(id, newData('a very private thing'), soon())
        .then(
          () => new Error('it was not refused'),
          error => error,
        )
      expect(error.message).toMatch(/^OOM/)
      expect(error.code).toBe('OOM')
      expect(error.command).toBeUndefined()
    } finally {
      await admin.config('SET', 'maxmemory', '0')
    }
  })
})

describe.skipIf(await noServer('redis'))('a client beside the engine', () => {
  it('sees no unhandled error when the server goes away for good', async () => {
    const server = await startRedis()
    const log = vi.spyOn(console, 'error')
    const store = await openStore(server.url, { timeout: 300 })
    await server.close()
    await expect(store.load(newId())).rejects.toThrow()
    expect(log).not.toHaveBeenCalled()
    log.mockRestore()
    disconnecting(new Redis(server.url)).disconnect()
  })
})
