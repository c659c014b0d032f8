import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { newManager } from '@sess/core'
import '@sess/mysql'
import '@sess/postgres'
import { noService, service } from '@sess/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type App, startApp } from './app.ts'

/** What two servers can share, and the config string that says so. */
const shared: Record<string, () => Promise<string>> = {
  file: () => mkdtemp(join(tmpdir(), 'sess-servers-')),
  redis: async () => (await service.redis()).url,
  memcache: async () => {
    const { host, port } = await service.memcached()
    return `${host}:${port}`
  },
  mysql: async () => {
    const { host, port, user, password, database } = await service.mysql()
    const config = { host, port, user, password, database, createTable: true }
    // A config string makes no table: it is there already, as in production.
    await (await newManager('mysql', { providerConfig: config })).close()
    return `${user}:${password}@tcp(${host}:${port})/${database}`
  },
  postgresql: async () => {
    const { url, host, port, user, password, database } = await service.postgres()
    const config = { host, port, user, password, database, createTable: true }
    await (await newManager('postgresql', { providerConfig: config })).close()
    return url
  },
}

const noServers = await noService('redis', 'memcached', 'mysql', 'postgres')
const isMissing = (provider: string) => provider !== 'file' && noServers

for (const provider of Object.keys(shared))
  describe.skipIf(isMissing(provider))(`two servers on one ${provider}`, () => {
    let config: string
    let left: App
    let right: App
    let headers: Record<string, string>

    beforeAll(async () => {
      config = await (shared[provider] as () => Promise<string>)()
      const env = { SESSION_PROVIDER: provider, SESSION_PROVIDER_CONFIG: config }
      ;[left, right] = await Promise.all([startApp(env), startApp(env)])
    })
    afterAll(async () => {
      await Promise.all([left?.stop(), right?.stop()])
      if (provider === 'file') await rm(config, { recursive: true })
    })

    const post = (app: App, path: string, body?: URLSearchParams) =>
      fetch(app.url + path, { method: 'POST', headers, redirect: 'manual', ...(body && { body }) })

    beforeEach(async () => {
      headers = {}
      const login = await post(left, '/login', new URLSearchParams({ username: 'Ada' }))
      headers = { Cookie: String(login.headers.getSetCookie()[0]?.split(';')[0]) }
    })

    it('share a login', async () => {
      expect(await (await fetch(right.url, { headers })).text()).toContain('Hello, Ada.')
    })

    it('keep a hundred increments that both get at once', async () => {
      await post(left, '/races/start')
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => post(i % 2 ? left : right, '/races/update')),
      )
      expect(answers.map(answer => answer.status)).toEqual(Array(100).fill(200))
      const kept = await fetch(`${left.url}/races/kept`, { headers })
      expect(await kept.json()).toMatchObject({ update: 100 })
    })

    it('keep a session dead that one of them ended while the other still wrote', async () => {
      const slow = post(left, '/races/slow-write')
      await sleep(300)
      await post(right, '/logout')
      const late = await slow
      expect(await late.json()).toEqual({ alive: false })
      expect(late.headers.getSetCookie()).toEqual([])
      for (const app of [left, right])
        expect(await (await fetch(app.url, { headers })).text()).toContain('Hello, stranger.')
    })
  })
