import type { Session } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { COOKIE, type Data, setUp, TestClock } from './support/managers.ts'
import { type Method, sleep } from './support/probe-store.ts'
import { serve } from './support/servers.ts'

// Round trips to the backend, counted.

type Act = (session: Session<Data>) => unknown

async function site(options: Parameters<typeof setUp>[0] = {}) {
  const setup = await setUp(options)
  let act: Act = () => undefined
  const server = await serve(async (req, res) => {
    const session = await setup.manager.sessionStart(req, res)
    await act(session)
    if (req.url === '/login') await setup.manager.sessionRegenerateId(req, res)
    if (req.url === '/logout') await setup.manager.sessionDestroy(req, res)
    res.end('done')
  })
  const browser = new Browser()
  const visit = async (next: Act, path = '/'): Promise<Method[]> => {
    act = next
    setup.store.forget()
    expect(await browser.go(server, path)).toMatchObject({ status: 200, body: 'done' })
    return setup.store.methods
  }
  return { ...setup, server, browser, visit }
}

const nothing: Record<string, Act> = {
  'does nothing': () => undefined,
  reads: session => {
    expect(session.get('user')).toBeUndefined()
    expect(session.has('user')).toBe(false)
    expect(session.keys()).toEqual([])
    expect(session.sessionID()).toMatch(/^[0-9a-f]{32}$/)
  },
  'sets and deletes': session => {
    session.set('user', 'astaxie')
    session.delete('user')
  },
  flushes: session => {
    session.set('user', 'astaxie')
    session.flush()
  },
  'wants to be remembered': session => session.setLifetime(86_400),
  releases: session => session.sessionRelease(),
}

describe('a visitor who stores nothing: no cookie, no call', () => {
  it.each(Object.entries(nothing))('%s', async (_, act) => {
    const { browser, visit, manager } = await site()
    expect(await visit(act)).toEqual([])
    expect(browser.cookies.size).toBe(0)
    expect(await visit(act, '/login')).toEqual([])
    expect(await visit(act, '/logout')).toEqual([])
    expect(browser.cookies.size).toBe(0)
    expect(await manager.getActiveSession()).toBe(0)
  })
})

describe('an id that is none costs nothing', () => {
  const malformed = [
    '',
    'x',
    'A'.repeat(32),
    '0'.repeat(31),
    '0'.repeat(33),
    '0'.repeat(64),
    '../x',
    '\u00e9',
  ]
  it.each(malformed)('malformed: %j', async id => {
    const { server, store } = await site()
    const reply = await server.ask({ headers: { cookie: Buffer.from(`${COOKIE}=${id}`).toString('latin1') } })
    expect(reply).toMatchObject({ status: 200, setCookies: [] })
    expect(store.calls).toEqual([])
  })

  it('forged, when there is a hashKey', async () => {
    const { server, store, visit, browser } = await site({ hashKey: ['new', 'old'] })
    await visit(session => session.set('user', 'astaxie'))
    await visit(() => undefined)
    store.forget()
    const id = browser.cookies.get(COOKIE) as string
    const flipped = `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`
    for (const forged of ['0'.repeat(32), '0'.repeat(64), id.slice(0, 32), flipped]) {
      const reply = await server.ask({ headers: { cookie: `${COOKIE}=${forged}` } })
      expect(reply.setCookies).toEqual([])
    }
    expect(store.calls).toEqual([])
  })
})

describe('a returning visitor', () => {
  const returning: [string, Act, Method[]][] = [
    ['who does nothing', () => undefined, ['load']],
    ['who reads', session => expect(session.get('cart')).toEqual({ items: [1] }), ['load']],
    ['who changes', session => session.set('user', 'astaxie'), ['load', 'update']],
    [
      'who changes much',
      session => {
        for (let i = 0; i < 100; i++) session.set(`key ${i}`, i)
        session.update('n', (n = 0) => n + 1)
        session.delete('user')
      },
      ['load', 'update'],
    ],
    [
      'who changes an object in place',
      session => (session.get('cart') as { items: number[] }).items.push(2),
      ['load', 'update'],
    ],
    ['who flushes', session => session.flush(), ['load', 'update']],
    [
      'who releases by hand as well',
      async session => {
        session.set('user', 'astaxie')
        await session.sessionRelease()
        await session.sessionRelease()
      },
      ['load', 'update'],
    ],
    ['who deletes what is not there', session => session.delete('nothing'), ['load']],
  ]
  it.each(returning)('%s', async (_, act, methods) => {
    const { visit, manager } = await site()
    expect(await visit(session => session.set('cart', { items: [1] }))).toEqual(['create'])
    expect(await visit(act)).toEqual(methods)
    expect(await manager.getActiveSession()).toBe(1)
  })

  it('who logs in: three round trips', async () => {
    const { visit } = await site()
    await visit(session => session.set('n', 1))
    const login = (session: Session<Data>): void => session.set('user', 'astaxie')
    expect(await visit(login, '/login')).toEqual(['load', 'create', 'update'])
  })

  it('who logs out', async () => {
    const { visit, browser } = await site()
    await visit(session => session.set('n', 1))
    expect(await visit(() => undefined, '/logout')).toEqual(['load', 'delete'])
    expect(browser.cookies.size).toBe(0)
  })

  it('many starts in one request: one load', async () => {
    const { manager, store, visit, browser } = await site()
    await visit(session => session.set('n', 1))
    const server = await serve(async (req, res) => {
      await Promise.all([manager.sessionStart(req, res), manager.sessionStart(req, res)])
      await manager.sessionStart(req, res)
      res.end()
    })
    store.forget()
    await browser.go(server)
    expect(store.methods).toEqual(['load'])
  })

  it('who only reads is extended once per tenth of the lifetime', async () => {
    const clock = new TestClock()
    const { visit } = await site({ clock })
    await visit(session => session.set('n', 1))
    let extensions = 0
    for (let minute = 0; minute < 60; minute++) {
      clock.tick(60)
      const methods = await visit(() => undefined)
      expect(methods.slice(0, 1)).toEqual(['load'])
      extensions += methods.slice(1).filter(method => method === 'extend').length
      expect(methods.length).toBeLessThanOrEqual(2)
    }
    expect(extensions).toBe(10)
  })

  it('and the extension runs beside the handler', async () => {
    const clock = new TestClock()
    const { visit, store } = await site({ clock })
    await visit(session => session.set('n', 1))
    clock.tick(1800)
    store.before = ({ method }) => (method === 'extend' ? sleep(1000) : undefined)
    const start = performance.now()
    expect(await visit(() => undefined)).toEqual(['load', 'extend'])
    expect(performance.now() - start).toBeLessThan(700)
  })

  it('a change beside a due extension: both are done, in order', async () => {
    const clock = new TestClock()
    const { visit, store } = await site({ clock })
    await visit(session => session.set('n', 1))
    clock.tick(1800)
    let isExtended = false
    store.before = async ({ method }) => {
      if (method === 'update') expect(isExtended).toBe(true)
      if (method !== 'extend') return
      await sleep(30)
      isExtended = true
    }
    expect(await visit(session => session.set('n', 2))).toEqual(['load', 'extend', 'update'])
    await visit(session => expect(session.get('n')).toBe(2))
  })
})
