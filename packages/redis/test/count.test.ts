import { noService, service } from '@sess/testing'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import type { RedisConfig, RedisStore } from '../src/index.ts'
import { disconnecting, newData, newId, newPrefix, openStore, soon } from './support/place.ts'

const kinds = [
  {
    name: 'a single server',
    isMissing: await noService('redis'),
    config: async (): Promise<RedisConfig> => ({ url: (await service.redis()).url }),
    client: async () => new Redis((await service.redis()).url),
  },
  {
    name: 'a cluster',
    isMissing: await noService('redisCluster'),
    config: async (): Promise<RedisConfig> => ({
      cluster: { nodes: (await service.redisCluster()).addresses },
    }),
    client: async () => new Cluster([...(await service.redisCluster()).addresses]),
  },
]

async function create(store: RedisStore, number: number): Promise<string[]> {
  const ids = Array.from({ length: number }, newId)
  await Promise.all(ids.map(id => store.create(id, newData(), soon())))
  return ids
}

for (const { name, isMissing, config, client } of kinds)
  describe.skipIf(isMissing)(`counting in ${name}`, () => {
    it('finds every session once, among other keys, while the table of keys grows and shrinks', async () => {
      const prefix = newPrefix()
      const store = await openStore({ ...(await config()), prefix })
      const other = await openStore({ ...(await config()), prefix: newPrefix() })
      const ids = await create(store, 3000)
      const strangers = await create(other, 3000)
      const removed = Promise.all(strangers.map(id => other.delete(id)))
      expect(await store.count(Date.now())).toBe(3000)
      await removed
      expect(await other.count(Date.now())).toBe(0)
      expect(await store.count(soon() + 1000)).toBe(0)
      await Promise.all(ids.map(id => store.delete(id)))
      expect(await store.count(Date.now())).toBe(0)
    })

    it('takes the prefix as it is, and leaves out what is no session of ours', async () => {
      const prefix = `[a]*?\\${newPrefix()}`
      const store = await openStore({ ...(await config()), prefix })
      const admin = disconnecting(await client())
      const near = `a${prefix.slice(3)}`
      const strange = [`${near}${newId()}`, `${prefix}short`, `${prefix}empty`]
      await admin.set(strange[0] as string, 'x'.repeat(100))
      await admin.set(strange[1] as string, 'short')
      await admin.set(strange[2] as string, '')
      const ids = await create(store, 5)
      expect(await store.count(Date.now())).toBe(5)
      expect(await store.load('short')).toBeUndefined()
      expect(await store.create('empty', newData(), soon())).toBeTypeOf('string')
      for (const key of [...strange, ...ids.map(id => prefix + id)]) await admin.unlink(key)
    })

    it('leaves out what others keep under the same prefix, and leaves it alone', async () => {
      const prefix = newPrefix()
      const store = await openStore({ ...(await config()), prefix })
      const admin = disconnecting(await client())
      const foreign = [
        '{"cookie":{"originalMaxAge":null,"httpOnly":true,"path":"/"},"passport":{"user":5}}',
        'a:2:{s:4:"user";s:7:"astaxie";s:4:"cart";a:0:{}}',
        'Bz, a text whose first bytes are the number of a moment in the year 2027',
        'C:11:"ArrayObject":37:{x:i:0;a:1:{s:4:"user";s:3:"ann";};m:a:0:{}}',
        Buffer.concat([Buffer.from('427a000000000000', 'hex'), Buffer.alloc(40, 1)]),
        Buffer.from('8fa474657374a474657374a474657374a474657374a474657374a474', 'hex'),
        Buffer.alloc(40),
      ]
      for (const [i, value] of foreign.entries()) await admin.set(`${prefix}foreign${i}`, value)
      await admin.hset(`${prefix}hash`, 'user', 'ann')
      await admin.rpush(`${prefix}list`, 'user', 'ann')
      const ids = await create(store, 5)
      expect(await store.count(Date.now())).toBe(5)
      for (const [i, value] of foreign.entries()) {
        const id = `foreign${i}`
        expect(await store.load(id)).toBeUndefined()
        expect(await store.update(id, newData(), soon(), 'x'.repeat(8))).toBeUndefined()
        expect(await store.extend(id, soon(), 'x'.repeat(8))).toBeUndefined()
        expect(await store.delete(id)).toBe(false)
        expect(await admin.getBuffer(prefix + id)).toEqual(Buffer.from(value))
      }
      const names = [...foreign.map((_, i) => `foreign${i}`), 'hash', 'list', ...ids]
      for (const name of names) await admin.unlink(prefix + name)
    })

    it('lets Redis serve others meanwhile', async () => {
      const prefix = newPrefix()
      const store = await openStore({ ...(await config()), prefix })
      const ids = await create(store, 3000)
      const admin = disconnecting(await client())
      const nodes = 'nodes' in admin ? admin.nodes('master') : [admin]
      for (const node of nodes) await node.config('RESETSTAT')
      await store.count(Date.now())
      for (const node of nodes) {
        const commands = await node.info('commandstats')
        expect(commands).not.toMatch(/cmdstat_keys:/)
        const [, calls, micros] = /cmdstat_scan:calls=(\d+),.*usec_per_call=([\d.]+)/.exec(commands) ?? []
        expect(Number(calls)).toBeGreaterThanOrEqual(Math.floor(3000 / nodes.length / 1000))
        expect(Number(micros)).toBeLessThan(20_000)
      }
      await Promise.all(ids.map(id => store.delete(id)))
    })
  })
