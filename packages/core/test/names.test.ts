import { newManager, type SessionStore } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import { Browser, parseCookie } from './http/support/browser.ts'
import { setUp, TestClock } from './http/support/managers.ts'
import { type Handler, serve } from './http/support/servers.ts'

// The names of the original's documents, row by row, each at work.

const memory = () => new MemoryStore({ clock: Date })

describe('NewManager', () => {
  it('newManager(provider, options), with the documented defaults', async () => {
    const clock = new TestClock()
    const manager = await newManager('memory', { clock })
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      session.set('username', 'astaxie')
      expect(session.expiresAt - session.createdAt).toBe(3600_000)
      res.end()
    })
    const [line = ''] = (await server.ask()).setCookies
    expect(server.thrown).toEqual([])
    expect(parseCookie(line)).toEqual({
      name: 'beegosessionID',
      value: expect.stringMatching(/^[0-9a-f]{32}$/),
      // No Max-Age: the browser's session. No Secure: plain HTTP.
      attributes: { path: '/', httponly: true, samesite: 'Lax' },
    })
  })

  it('newManager with the original’s eight arguments', async () => {
    const manager = await newManager('memory', 'gosessionid', 1800, '', false, 'sha1', 'sessionidkey', 600)
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      session.set('username', 'astaxie')
      expect(Math.round((session.expiresAt - session.createdAt) / 1000)).toBe(1800)
      res.end()
    }, 'https')
    const [line = ''] = (await server.ask()).setCookies
    expect(server.thrown).toEqual([])
    expect(parseCookie(line)).toEqual({
      name: 'gosessionid',
      value: expect.stringMatching(/^[0-9a-f]{64}$/),
      attributes: { path: '/', httponly: true, samesite: 'Lax', 'max-age': '600' },
    })
  })
})

it('SessionStart: sessionStart(req, res) gives the same session for every call in one request', async () => {
  const manager = await newManager('memory')
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    expect(await manager.sessionStart(req, res)).toBe(session)
    res.end(session.sessionID())
  })
  const { body } = await server.ask()
  expect(server.thrown).toEqual([])
  expect((await server.ask()).body).not.toBe(body)
})

/** The documents' login, with a page for each method of the manager. */
async function site() {
  const { manager } = await setUp()
  const pages: Record<string, Handler> = {
    '/login': async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.method === 'POST') session.set('username', 'astaxie')
      res.end(session.get('username') ?? 'please log in')
    },
    '/regenerate': async (req, res) => {
      const session = await manager.sessionRegenerateId(req, res)
      res.end(session.get('username'))
    },
    '/logout': async (req, res) => {
      await manager.sessionDestroy(req, res)
      res.end()
    },
  }
  const server = await serve((req, res) => pages[req.url ?? '']?.(req, res))
  return { manager, server, browser: new Browser() }
}

it('SessionDestroy: sessionDestroy(req, res) ends the session and clears the cookie', async () => {
  const { manager, server, browser } = await site()
  await browser.go(server, { method: 'POST', path: '/login' })
  expect((await browser.go(server, '/login')).body).toBe('astaxie')
  const copy = browser.fork()
  await browser.go(server, '/logout')
  expect(browser.cookies.size).toBe(0)
  expect((await copy.go(server, '/login')).body).toBe('please log in')
  expect(await manager.getActiveSession()).toBe(0)
})

it('SessionRegenerateId: sessionRegenerateId(req, res) gives the session a new id', async () => {
  const { manager, server, browser } = await site()
  await browser.go(server, { method: 'POST', path: '/login' })
  const old = browser.fork()
  expect((await browser.go(server, '/regenerate')).body).toBe('astaxie')
  expect(browser.header).not.toBe(old.header)
  expect((await browser.go(server, '/login')).body).toBe('astaxie')
  expect((await old.go(server, '/login')).body).toBe('please log in')
  expect(await manager.getActiveSession()).toBe(1)
})

it('GetActiveSession: getActiveSession() counts live sessions, or is ERR_UNSUPPORTED', async () => {
  const { manager, server } = await site()
  for (let n = 0; n < 3; n++) {
    expect(await manager.getActiveSession()).toBe(n)
    await server.ask({ method: 'POST', path: '/login' })
  }
  const store = memory()
  const uncountable = await newManager(
    fromRecordStore({
      create: store.create.bind(store),
      load: store.load.bind(store),
      update: store.update.bind(store),
      delete: store.delete.bind(store),
    }),
  )
  await expect(uncountable.getActiveSession()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
})

it('SetHashFunc: setHashFunc(name or function, key) tags ids from now on', async () => {
  const { manager, server, browser } = await site()
  const value = (): string => [...browser.cookies.values()][0] ?? ''
  manager.setHashFunc('md5', 'key')
  await browser.go(server, { method: 'POST', path: '/login' })
  expect(value()).toHaveLength(64)
  const asked: [string, string][] = []
  manager.setHashFunc((data, key) => {
    asked.push([data, key])
    return Buffer.alloc(20, 7)
  }, 'another')
  // What was tagged otherwise is nobody's id.
  expect((await browser.go(server, '/login')).body).toBe('please log in')
  await browser.go(server, { method: 'POST', path: '/login' })
  expect(value()).toMatch(/^[0-9a-f]{32}(07){16}$/)
  expect(asked.at(-1)).toEqual([value().slice(0, 32), 'another'])
  expect((await browser.go(server, '/login')).body).toBe('astaxie')
  expect(() => manager.setHashFunc('no such hash', 'key')).toThrow(
    expect.objectContaining({ code: 'ERR_CONFIG' }),
  )
})

it("SetSecure: setSecure(true, false or 'auto')", async () => {
  const { manager, server } = await site()
  const login = () => server.ask({ method: 'POST', path: '/login' })
  expect((await login()).setCookies[0]).not.toContain('Secure')
  manager.setSecure(true)
  expect(await login()).toMatchObject({ status: 500, setCookies: [] })
  manager.setSecure('auto')
  expect((await login()).status).toBe(200)
  expect(() => manager.setSecure('yes' as 'auto')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
})

it('GC: gc() sweeps now and gives the number, close() ends it', async () => {
  const clock = new TestClock()
  const { store, manager } = await setUp({ clock, maxLifetime: 60 })
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('username', 'astaxie')
    res.end()
  })
  for (let i = 0; i < 3; i++) await server.ask()
  expect(await manager.gc()).toBe(0)
  clock.tick(60)
  expect(await manager.gc()).toBe(3)
  await manager.close()
  store.forget()
  expect(await manager.gc()).toBe(0)
  expect(store.calls).toEqual([])
})

it('SessionStore: set, get, delete, sessionID, sessionRelease, flush', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const session: SessionStore = await manager.sessionStart(req, res)
    if (req.url === '/first') {
      expect(session.set('username', 'astaxie')).toBeUndefined()
      session.set('rights', ['read'])
      expect(session.get('username')).toBe('astaxie')
      session.delete('rights')
      session.delete('nothing')
      expect(session.get('rights')).toBeUndefined()
      await session.sessionRelease()
      await session.sessionRelease()
      expect(store.methods).toEqual(['create'])
    } else {
      expect(session.get('username')).toBe('astaxie')
      session.flush()
      expect(session.get('username')).toBeUndefined()
    }
    res.end(session.sessionID())
  })
  const browser = new Browser()
  const { body } = await browser.go(server, '/first')
  expect([...browser.cookies.values()]).toEqual([body])
  expect((await browser.go(server, '/second')).body).toBe(body)
  expect(server.thrown).toEqual([])
  const left = await manager.getProvider().sessionRead(manager.storageID(body))
  expect(left.get('username')).toBeUndefined()
})
