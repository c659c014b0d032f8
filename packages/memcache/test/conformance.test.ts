import { randomBytes } from 'node:crypto'
import { MemcacheStore } from '@sess/memcache'
import { type Address, noServer, noService, service, startMemcached, startProxy } from '@sess/testing'
import { type Subject, testEngine } from '@sess/testkit'
import { afterAll, describe } from 'vitest'
import { RawMemcached } from './support/raw-memcached.ts'

/** Behind a proxy each, which an outage cuts off; a prefix of their own keeps backends apart. */
function subject(name: string, servers: () => Promise<readonly Address[]>): Subject {
  return {
    name,
    create: async ({ clock }) => {
      const addresses = await servers()
      const proxies = await Promise.all(addresses.map(startProxy))
      const raws = await Promise.all(addresses.map(RawMemcached.connect))
      const prefix = `${randomBytes(6).toString('hex')}:`
      const urls = proxies.map(({ host, port }) => `memcached://${host}:${port}`)
      return {
        connect: () => MemcacheStore.open({ servers: urls.join(';'), prefix }, { clock }),
        dump: async () => {
          const contents = raws.map(async raw => {
            const keys = await raw.keys(prefix)
            const values: Buffer[] = []
            for (const key of keys) values.push((await raw.get(key)) ?? Buffer.alloc(0))
            return [...keys, ...values]
          })
          return (await Promise.all(contents)).flat()
        },
        tamper: async (id, change) => {
          for (const raw of raws) {
            const value = await raw.get(prefix + id)
            if (value) await raw.set(prefix + id, change(value))
          }
        },
        outage: async () => {
          for (const proxy of proxies) {
            await proxy.refuse()
            proxy.cut()
          }
          return async () => {
            for (const proxy of proxies) await proxy.allow()
          }
        },
        destroy: async () => {
          for (const raw of raws) raw.close()
          for (const proxy of proxies) await proxy.close()
        },
      }
    },
  }
}

describe.skipIf(await noService('memcached'))('on a real memcached', () => {
  testEngine(subject('memcache', async () => [await service.memcached()]))
})

describe.skipIf(await noServer('memcached'))('on three of them', () => {
  const started = Promise.all([startMemcached(), startMemcached(), startMemcached()])
  afterAll(async () => {
    for (const server of await started) await server.close()
  })
  testEngine(subject('memcache', () => started))
})
