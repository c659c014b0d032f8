import { randomBytes } from 'node:crypto'
import { RedisStore } from '@sess/redis'
import type { Address, Server } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { type Cluster, Redis } from 'ioredis'
import { afterAll, beforeAll, describe } from 'vitest'
import type { RedisConfig } from '../../src/lib/redis-config.ts'

/** A kind of Redis that the kit is run on. */
export interface Kind<S extends Server> {
  readonly name: string
  /** Whether it can be had here. */
  readonly isMissing: boolean
  /** It is the kit's own: the kit takes it down, too. */
  start(): Promise<S>
  config(server: S): RedisConfig
  /** Those that have the keys, where they are several. */
  nodes?(server: S): readonly Address[]
  /** A client beside the engine. */
  client(server: S): Redis | Cluster
}

/** Runs the whole kit on it. Each backend is a prefix of its own. */
export function testRedis<S extends Server>({
  name,
  isMissing,
  start,
  config,
  nodes,
  client,
}: Kind<S>): void {
  describe.skipIf(isMissing)(name, () => {
    let server: S
    let admin: Redis | Cluster

    beforeAll(async () => {
      server = await start()
      admin = client(server)
      admin.on('error', () => undefined)
    })
    afterAll(async () => {
      admin?.disconnect()
      await server?.close()
    })

    const keysOf = (prefix: string) => (nodes ? keysOn(nodes(server), prefix) : admin.keys(`${prefix}*`))

    testEngine({
      name: 'engine',
      create: ({ clock }) => {
        const prefix = `${randomBytes(6).toString('hex')}:`
        return {
          connect: () => RedisStore.open({ ...config(server), prefix }, { clock, timeout: 1000 }),
          dump: async () => {
            const keys = await keysOf(prefix)
            const values = await Promise.all(keys.map(key => admin.getBuffer(key)))
            return [...keys, ...values.filter(value => value !== null)]
          },
          tamper: async (id, change) => {
            const value = await admin.getBuffer(prefix + id)
            if (value) await admin.set(prefix + id, Buffer.from(change(value)), 'KEEPTTL')
          },
          outage: async () => {
            await server.kill()
            return () => server.restart()
          },
          destroy: async () => {
            for (const key of await keysOf(prefix)) await admin.unlink(key)
          },
        }
      },
    })
  })
}

/** All keys with that prefix, asked of each node itself: a cluster's client forgets those that were away for a while. */
async function keysOn(nodes: readonly Address[], prefix: string): Promise<string[]> {
  const clients = nodes.map(({ host, port }) => new Redis(port, host))
  try {
    return (await Promise.all(clients.map(client => client.keys(`${prefix}*`)))).flat()
  } finally {
    for (const client of clients) client.disconnect()
  }
}
