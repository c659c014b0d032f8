import { noServer, type Server, startProxy, startRedis, startRedisCluster } from '@sess/testing'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RedisConfig } from '../src/index.ts'
import { closing, disconnecting, newData, newId, openStore, soon } from './support/place.ts'

const cluster = async () => {
  const { nodes, close } = await startRedisCluster()
  return { nodes, close }
}
const single = async () => {
  const server = await startRedis()
  return { nodes: [server], close: () => server.close() }
}

describe.skipIf(await noServer('redisCluster')).each([
  ['a single server', single],
  ['a cluster', cluster],
])('on connections to %s that are cut at random', (_, start) => {
  let servers: { readonly nodes: readonly Server[]; close(): Promise<void> }

  beforeAll(async () => {
    servers = await start()
  })
  afterAll(() => servers?.close())

  it('the server does no command more often than it was asked for', { timeout: 60_000 }, async () => {
    const { nodes } = servers
    const admins = nodes.map(({ host, port }) => disconnecting(new Redis({ host, port })))
    /** How often the servers have done a command. */
    const done = async (command: string) => {
      const all = await Promise.all(admins.map(admin => admin.info('commandstats')))
      const calls = all.map(text => new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(text)?.[1] ?? 0)
      return calls.map(Number).reduce((sum, each) => sum + each, 0)
    }
    const proxies = await Promise.all(nodes.map(node => closing(startProxy(node))))
    const natMap = Object.fromEntries(
      nodes.map(({ host, port }, i) => [`${host}:${port}`, { host, port: proxies[i]?.port ?? 0 }]),
    )
    const addresses = proxies.map(({ host, port }) => ({ host, port }))
    const [first] = addresses as [RedisConfig]
    const config = nodes.length === 1 ? first : { cluster: { nodes: addresses, natMap } }
    const store = await openStore(config, { timeout: 5000 })
    // So that every server knows the script.
    for (let i = 0; i < 20; i++) {
      const id = newId()
      await store.update(id, newData(), soon(), (await store.create(id, newData(), soon())) as string)
    }
    const records = await Promise.all(
      Array.from({ length: 200 }, async () => {
        const id = newId()
        return { id, token: (await store.create(id, newData(), soon())) as string }
      }),
    )

    const [setsBefore, swapsBefore] = [await done('set'), await done('evalsha')]
    for (const proxy of proxies) proxy.cutAnswers(0.3)
    const outcomes: boolean[] = []
    const ask = async (call: Promise<unknown>) => {
      outcomes.push(
        await call.then(
          () => true,
          () => false,
        ),
      )
    }
    for (let i = 0; i < 200; i += 4) {
      const some = records.slice(i, i + 4)
      await Promise.all(some.map(({ id, token }) => ask(store.update(id, newData(), soon(), token))))
    }
    for (const proxy of proxies) proxy.cutAnswers(0)
    // What is still to be sent again would be before this.
    for (const { id } of records) await store.load(id)

    const [swaps, sets] = [(await done('evalsha')) - swapsBefore, (await done('set')) - setsBefore]
    const [acknowledged, failed] = [true, false].map(what => outcomes.filter(each => each === what).length)
    const story = JSON.stringify({ acknowledged, failed, swaps, sets })
    expect(swaps, story).toBeLessThan(200)
    expect(sets, story).toBe(swaps)
    expect(acknowledged, story).toBeGreaterThan(20)
    expect(failed, story).toBeGreaterThan(20)
  })
})
