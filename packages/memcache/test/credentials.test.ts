import { setTimeout as sleep } from 'node:timers/promises'
import { newManager } from '@sess/core'
import { MemcacheStore } from '@sess/memcache'
import { noServer, startMemcached, startProxy } from '@sess/testing'
import { Client, Server } from 'memjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { contentOf, dataOf, errorOf, inSeconds, newId, openStore, timeout, urlOf } from './support/scene.ts'

const username = 'astaxie@sess'
const password = 'p@ss:w,o;r/d'

async function guarded() {
  const server = await startMemcached({ users: { [username]: password } })
  onTestFinished(() => server.close())
  return server
}

describe.skipIf(await noServer('memcachedUsers'))('a server that asks for a password', () => {
  it('is logged in to, again after every loss of the connection', async () => {
    const server = await startProxy(await guarded())
    onTestFinished(() => server.close())
    const url = `memcached://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${urlOf(server)}`
    const client = new Client([new Server(server.host, server.port, username, password)])
    onTestFinished(() => client.close())
    for (const config of [{ username, password }, { servers: [url] }, { client }]) {
      const store = await openStore(server, config)
      for (const content of ['one', 'two']) {
        const id = newId()
        const writes = Array.from({ length: 5 }, (_, i) =>
          store.create(i ? newId() : id, dataOf(content), inSeconds(60)),
        )
        expect(await Promise.all(writes)).not.toContain(undefined)
        expect(contentOf(await store.load(id))).toBe(content)
        server.cut()
        await expect.poll(() => server.connections).toBe(0)
        await sleep(20)
      }
    }
  })

  it('is a mistake in the configuration without the right one, which the error does not show', async () => {
    const server = await guarded()
    for (const config of [{ username, password: 'wrong one' }, { username: 'nobody', password }, {}]) {
      const providerConfig = { servers: urlOf(server), ...config }
      const error = await errorOf(newManager('memcache', { providerConfig, timeout }))
      expect(error).toMatchObject({ code: 'ERR_CONFIG', cause: { code: 'EAUTH' } })
      expect(error.message).toMatch(/the memcached server 127\.0\.0\.1:\d+ refuses 'username' and 'password'/)
      expect(error.message).not.toMatch(/wrong one|nobody|astaxie|p@ss/)
    }
  })

  it('is logged in to by what the environment has for memjs', async () => {
    const server = await guarded()
    vi.stubEnv('MEMCACHE_USERNAME', username).stubEnv('MEMCACHE_PASSWORD', password)
    onTestFinished(() => void vi.unstubAllEnvs())
    const store = await MemcacheStore.open(urlOf(server), { clock: Date })
    onTestFinished(() => store.close())
    expect(await store.load(newId())).toBeUndefined()
  })
})
