import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError, type Manager, newManager } from '@sess/core'
import {
  noServer,
  type RedisCluster,
  type RedisSentinel,
  startRedisCluster,
  startRedisSentinel,
} from '@sess/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import '@sess/redis'
import type { RedisConfig } from '../src/lib/redis-config.ts'
import { closing, disconnecting } from './support/place.ts'

const address = ({ host, port }: { host: string; port: number }) => ({ host, port })

function open(config: RedisConfig): Promise<Manager> {
  return newManager('redis', { providerConfig: config, timeout: 2000, hashKey: 'key' })
}

async function newSession(manager: Manager): Promise<string> {
  const headers = new Headers()
  const session = await manager.sessionStart(new Request('http://localhost/'), headers)
  session.set('n', 0)
  await session.sessionRelease()
  return (headers.get('set-cookie') as string).split(';')[0] as string
}

async function increment(manager: Manager, cookie: string): Promise<number> {
  const request = new Request('http://localhost/', { headers: { cookie } })
  const session = await manager.sessionStart(request, new Headers())
  session.update('n', n => (n as number) + 1)
  await session.sessionRelease()
  return session.get('n') as number
}

/** Increments without end. */
class Load {
  readonly #lanes: Promise<unknown>
  #isOver = false
  readonly acknowledged: Map<string, number>
  readonly errors: unknown[] = []
  longest = 0

  constructor(manager: Manager, cookies: readonly string[]) {
    this.acknowledged = new Map(cookies.map(cookie => [cookie, 0]))
    this.#lanes = Promise.all(cookies.map(cookie => this.#run(manager, cookie)))
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#lanes
  }

  async #run(manager: Manager, cookie: string): Promise<void> {
    while (!this.#isOver) {
      const start = performance.now()
      try {
        await increment(manager, cookie)
        this.acknowledged.set(cookie, (this.acknowledged.get(cookie) ?? 0) + 1)
      } catch (error) {
        this.errors.push(error)
      }
      this.longest = Math.max(this.longest, performance.now() - start)
      await sleep(2)
    }
  }
}

describe.skipIf(await noServer('redisSentinel')).concurrent('a failover by sentinels', () => {
  async function scene({ onTestFinished }: TestContext) {
    const servers: RedisSentinel = await closing(startRedisSentinel(), onTestFinished)
    const sentinels = servers.sentinels.map(address)
    const manager = await closing(open({ sentinel: { sentinels, name: servers.name } }), onTestFinished)
    const [first] = servers.sentinels as [RedisSentinel['master']]
    const sentinel = disconnecting(new Redis(address(first)), onTestFinished)
    const master = async () =>
      Number(((await sentinel.call('SENTINEL', 'get-master-addr-by-name', servers.name)) as string[])[1])
    return { servers, manager, sentinel, master }
  }

  /** Until a request is done again. */
  async function recovered(manager: Manager, cookie: string): Promise<number> {
    for (;;) {
      try {
        return await increment(manager, cookie)
      } catch (error) {
        if (!isSessionError(error)) throw error
      }
    }
  }

  function checkErrors(load: Load): void {
    for (const error of load.errors) expect(isSessionError(error), String(error)).toBe(true)
    expect(load.longest).toBeLessThan(2 * 2000 + 1000)
  }

  it('of a master that died', { timeout: 60_000 }, async context => {
    const { servers, manager, master } = await scene(context)
    const cookie = await newSession(manager)
    const load = new Load(manager, await Promise.all([1, 2, 3, 4].map(() => newSession(manager))))
    await sleep(300)
    expect(load.errors).toEqual([])
    await servers.master.kill()
    await expect.poll(master, { timeout: 30_000 }).toBe(servers.replica.port)
    await recovered(manager, cookie)
    await sleep(300)
    await load.end()
    checkErrors(load)
    expect(await increment(manager, cookie)).toBeGreaterThan(1)
  })

  it('that is planned, with the old master still there', { timeout: 60_000 }, async context => {
    const { servers, manager, sentinel, master } = await scene(context)
    const cookie = await newSession(manager)
    const load = new Load(manager, await Promise.all([1, 2, 3, 4].map(() => newSession(manager))))
    await sleep(100)
    await sentinel.call('SENTINEL', 'failover', servers.name)
    await expect.poll(master, { timeout: 30_000 }).toBe(servers.replica.port)
    await sleep(200)
    const atOnce = await increment(manager, cookie)
    const old = disconnecting(new Redis(address(servers.master)), context.onTestFinished)
    await expect
      .poll(async () => ((await old.call('ROLE')) as string[])[0], { timeout: 30_000 })
      .toBe('slave')
    await recovered(manager, cookie)
    await sleep(300)
    await load.end()
    checkErrors(load)
    expect(await increment(manager, cookie)).toBe(atOnce + 2)
  })
})

describe.skipIf(await noServer('redisCluster'))('a slot that moves', () => {
  let cluster: RedisCluster

  beforeAll(async () => {
    cluster = await startRedisCluster()
  })
  afterAll(() => cluster?.close())

  it('loses no write, does none twice and fails no request', { timeout: 60_000 }, async () => {
    const nodes = cluster.nodes.map(node => disconnecting(new Redis(address(node))))
    const ids = await Promise.all(nodes.map(node => node.cluster('MYID')))
    const prefix = '{moving}:'
    const slot = await (nodes[0] as Redis).cluster('KEYSLOT', prefix)
    const manager = await closing(open({ cluster: { nodes: cluster.nodes.map(address) }, prefix }))
    const cookies = await Promise.all(Array.from({ length: 20 }, () => newSession(manager)))
    const counts = await Promise.all(nodes.map(node => node.cluster('COUNTKEYSINSLOT', slot)))
    const from = counts.indexOf(20)
    const to = (from + 1) % nodes.length
    const [source, target] = [nodes[from] as Redis, nodes[to] as Redis]
    const { host, port } = cluster.nodes[to] as { host: string; port: number }
    const load = new Load(manager, cookies)

    await target.cluster('SETSLOT', slot, 'IMPORTING', ids[from] as string)
    await source.cluster('SETSLOT', slot, 'MIGRATING', ids[to] as string)
    await sleep(100)
    // Where they are made now, a question to the old master does not find them: ASK.
    const later = await Promise.all([1, 2, 3].map(() => newSession(manager)))
    for (;;) {
      const keys = (await source.cluster('GETKEYSINSLOT', slot, 2)) as string[]
      if (keys.length === 0) break
      await source.migrate(host, port, '', 0, 5000, 'KEYS', ...keys)
      await sleep(20)
    }
    for (const cookie of [...later, ...cookies]) await increment(manager, cookie)
    for (const node of [target, source, ...nodes])
      await node.cluster('SETSLOT', slot, 'NODE', ids[to] as string)
    // Now the old master says: MOVED.
    await sleep(200)
    await load.end()

    expect(load.errors).toEqual([])
    for (const [cookie, acknowledged] of load.acknowledged) {
      expect(acknowledged).toBeGreaterThan(10)
      expect(await increment(manager, cookie)).toBe(acknowledged + 2)
    }
    for (const cookie of later) expect(await increment(manager, cookie)).toBe(2)
    expect(await target.cluster('COUNTKEYSINSLOT', slot)).toBe(23)
    expect(await manager.getActiveSession()).toBe(23)
  })
})
