import { createHash } from 'node:crypto'
import { type ManagerOptions, newManager, type Provider, register, type SessionStore } from '@sess/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Data, record, TestClock } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { serve } from './support/servers.ts'

// An engine of the seven methods alone.

class OwnProvider implements Provider {
  readonly rows = new Map<string, Map<string, unknown>>()
  readonly calls: string[] = []
  maxLifetime = 0
  config: unknown
  /** The methods that fail. */
  down: readonly string[] = []

  async sessionInit(maxLifetime: number, config: unknown): Promise<void> {
    Object.assign(this, { maxLifetime, config })
  }

  async sessionRead(sid: string): Promise<SessionStore> {
    await this.#called('sessionRead')
    const values = new Map(this.rows.get(sid))
    return {
      get: key => values.get(key),
      set: (key, value) => void values.set(key, value),
      delete: key => void values.delete(key),
      flush: () => values.clear(),
      sessionID: () => sid,
      sessionRelease: async () => {
        await this.#called('sessionRelease')
        this.rows.set(sid, new Map(values))
      },
    }
  }

  async sessionExist(sid: string): Promise<boolean> {
    await this.#called('sessionExist')
    return this.rows.has(sid)
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    await this.#called('sessionRegenerate')
    const row = this.rows.get(oldSid)
    this.rows.delete(oldSid)
    if (row) this.rows.set(sid, row)
    return this.sessionRead(sid)
  }

  async sessionDestroy(sid: string): Promise<void> {
    await this.#called('sessionDestroy')
    this.rows.delete(sid)
  }

  async sessionAll(): Promise<number> {
    return this.rows.size
  }

  async sessionGC(): Promise<void> {
    this.calls.push('sessionGC')
  }

  async #called(name: string): Promise<void> {
    this.calls.push(name)
    await sleep(Math.random() * 3)
    if (this.down.includes(name)) throw new Error('down')
  }
}

const made: OwnProvider[] = []
register('own', () => {
  const provider = new OwnProvider()
  made.push(provider)
  return provider
})

async function site(options: ManagerOptions = {}) {
  const manager = await newManager<Data, 'own'>('own', options)
  onTestFinished(() => manager.close())
  const provider = made.at(-1) as OwnProvider
  const arrived = door()
  const goOn = door()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    if (req.url === '/count') session.update('n', (n = 0) => n + 1)
    if (req.url?.startsWith('/set')) session.set(req.url, true)
    if (req.url === '/types')
      session.set('types', { at: new Date(0), map: new Map([[1, new Set([2n])]]), nothing: undefined })
    if (req.url === '/flush') session.flush()
    if (req.url === '/login') {
      session.set('user', 'astaxie')
      await manager.sessionRegenerateId(req, res)
    }
    if (req.url === '/slow-logout') {
      arrived.open()
      await goOn.opened
    }
    if (req.url?.endsWith('logout')) await manager.sessionDestroy(req, res)
    const now = await manager.sessionStart(req, res)
    res.end(`${now.get('user') ?? 'nobody'} ${now.get('n') ?? 0}`)
  })
  return { manager, provider, server, browser: new Browser(), arrived: arrived.opened, goOn: goOn.open }
}

it('the login flow works', async () => {
  const { manager, provider, server, browser } = await site({ maxLifetime: 60, providerConfig: './own' })
  expect(provider).toMatchObject({ maxLifetime: 60, config: './own' })
  expect((await browser.go(server)).body).toBe('nobody 0')
  expect(provider.calls).toEqual([])
  await browser.go(server, '/count')
  const before = browser.header
  expect((await browser.go(server, '/login')).body).toBe('astaxie 1')
  expect(browser.header).not.toBe(before)
  expect((await server.ask({ headers: { cookie: before } })).body).toBe('nobody 0')
  expect((await browser.go(server, '/count')).body).toBe('astaxie 2')
  expect(await manager.getActiveSession()).toBe(1)
  expect((await browser.go(server, '/logout')).body).toBe('nobody 0')
  expect(browser.cookies.size).toBe(0)
  expect(provider.rows.size).toBe(0)
})

it('it is handed hashes of ids, and getProvider gives it', async () => {
  const { manager, provider, server, browser } = await site()
  await browser.go(server, '/count')
  const [sid = ''] = browser.cookies.values()
  expect([...provider.rows.keys()]).toEqual([createHash('sha256').update(sid).digest('hex')])
  expect(manager.getProvider()).toBe(provider)
  expect((await manager.getProvider().sessionRead(manager.storageID(sid))).get('n')).toBe(1)
})

it('each manager has its own', async () => {
  const one = await site()
  const two = await site()
  expect(one.provider).not.toBe(two.provider)
  await one.browser.go(one.server, '/count')
  expect((await one.browser.go(two.server)).body).toBe('nobody 0')
})

describe('in one process nothing is lost', () => {
  it('a hundred concurrent increments make a hundred', async () => {
    const { server, browser } = await site()
    await browser.go(server, '/count')
    await Promise.all(Array.from({ length: 99 }, () => browser.go(server, '/count')))
    expect((await browser.go(server)).body).toBe('nobody 100')
  })

  it('different keys set at once are all kept', async () => {
    const { provider, server, browser } = await site()
    await browser.go(server, '/count')
    await Promise.all(Array.from({ length: 20 }, (_, i) => browser.go(server, `/set${i}`)))
    const [row] = provider.rows.values()
    expect([...(row?.keys() ?? [])].filter(key => key.startsWith('/set'))).toHaveLength(20)
  })

  it('a session that was destroyed meanwhile does not come back', async () => {
    const { provider, server, browser } = await site()
    await browser.go(server, '/count')
    await Promise.all([
      ...Array.from({ length: 10 }, () => browser.fork().go(server, '/set')),
      browser.fork().go(server, '/logout'),
      ...Array.from({ length: 10 }, () => browser.fork().go(server, '/set')),
    ])
    // Those that came too late have sessions of their own; none has the data of the old one.
    for (const row of provider.rows.values()) expect(row.get('n')).toBeUndefined()
    expect((await browser.go(server)).body).toBe('nobody 0')
  })
})

it('a logout beside a login does not log the visitor out', async () => {
  const { server, browser, arrived, goOn } = await site()
  await browser.go(server, '/count')
  const slow = browser.fork().go(server, '/slow-logout')
  await arrived
  await browser.go(server, '/login')
  goOn()
  expect((await slow).setCookies).toEqual([])
  expect((await browser.go(server)).body).toBe('astaxie 1')
})

it('values keep their types', async () => {
  const { manager, server, browser, provider } = await site()
  await browser.go(server, '/types')
  const [sid = ''] = browser.cookies.values()
  const stored = await provider.sessionRead(manager.storageID(sid))
  const types = { at: new Date(0), map: new Map([[1, new Set([2n])]]), nothing: undefined }
  expect(stored.get('types')).toEqual(types)
})

it('lifetimes hold, though the provider knows no time', async () => {
  const clock = new TestClock()
  const { manager, server, browser } = await site({ clock, maxLifetime: 100, absoluteLifetime: 250 })
  await browser.go(server, '/count')
  clock.tick(90)
  const extended = new Promise(resolve => manager.on('extended', resolve))
  expect((await browser.go(server)).body).toBe('nobody 1')
  await extended
  clock.tick(90)
  expect((await browser.go(server)).body).toBe('nobody 1')
  clock.tick(70)
  expect((await browser.go(server)).body).toBe('nobody 0')
})

it('a failing provider is a 500, and a typed error for who starts', async () => {
  const { manager, provider, server, browser } = await site({
    onSaveError: (_error, _req, res) => void res.end('not saved'),
  })
  const happenings = record(manager)
  await browser.go(server, '/count')
  provider.down = ['sessionExist']
  expect((await browser.go(server)).status).toBe(500)
  expect(server.thrown).toMatchObject([{ code: 'ERR_BACKEND' }])
  provider.down = ['sessionRelease']
  expect(await new Browser().go(server, '/count')).toMatchObject({ status: 500, body: 'not saved' })
  expect(happenings.map(({ name }) => name)).toEqual(['created', 'saveError'])
  provider.down = []
  expect((await browser.go(server)).body).toBe('nobody 1')
})

it('gc asks it', async () => {
  const { manager, provider } = await site()
  await manager.gc()
  expect(provider.calls).toEqual(['sessionGC'])
})

it('what a seven-method provider cannot do is ERR_UNSUPPORTED', async () => {
  const { manager } = await site()
  const session = await manager.sessionStart(new Request('http://x/'), new Headers())
  session.set('n', 1)
  await session.sessionRelease()
  expect(() => session.keys()).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }))
})
