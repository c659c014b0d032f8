import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser, parseCookie } from './support/browser.ts'
import { setUp, TestClock } from './support/managers.ts'
import { type Server, serve } from './support/servers.ts'

// Cookie and session end together: a cookie with a lifetime slides as the session does.

const HOUR = 3600

async function site(options: ManagerOptions = {}) {
  const clock = new TestClock()
  const setup = await setUp({ clock, ...options })
  const server = await serve(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
    const session = await setup.manager.sessionStart(req, res)
    if (pathname === '/set') session.update('n', (n = 0) => n + 1)
    if (pathname === '/remember') {
      session.set('user', 'astaxie')
      session.setLifetime(Number(searchParams.get('for')))
    }
    res.end(`${session.get('user')} ${session.get('n')}`)
  })
  return { ...setup, clock, server }
}

/** A browser whose cookies end. */
class AgingBrowser extends Browser {
  readonly #clock: TestClock
  readonly #ends = new Map<string, number>()

  constructor(clock: TestClock) {
    super()
    this.#clock = clock
  }

  override async go(server: Server, path: string) {
    for (const [name, end] of this.#ends) if (end <= this.#clock.now()) this.cookies.delete(name)
    const reply = await super.go(server, path)
    for (const line of reply.setCookies) {
      const { name, attributes } = parseCookie(line)
      const seconds = attributes['max-age']
      if (seconds === undefined) this.#ends.delete(name)
      else this.#ends.set(name, this.#clock.now() + Number(seconds) * 1000)
    }
    return reply
  }
}

const maxAges = (lines: readonly string[]) => lines.map(line => parseCookie(line).attributes['max-age'])

describe('a cookie with a lifetime lasts as long as its visitor comes', () => {
  it.each<[string, string, ManagerOptions]>([
    ['who only reads', '/', { cookieLifeTime: HOUR }],
    ['who writes', '/set', { cookieLifeTime: HOUR }],
    ['who only reads, shorter than the session', '/', { cookieLifeTime: 600, maxLifetime: 10 * HOUR }],
    ['who writes, shorter than the session', '/set', { cookieLifeTime: 600, maxLifetime: 10 * HOUR }],
  ])('%s', async (_, path, options) => {
    const { clock, server } = await site(options)
    const browser = new AgingBrowser(clock)
    await browser.go(server, '/set')
    const first = browser.header
    for (let minutes = 0; minutes < 180; minutes += 5) {
      clock.tick(300)
      const reply = await browser.go(server, path)
      expect(browser.header, `after ${minutes} minutes`).toBe(first)
      expect(reply.body).not.toBe('undefined undefined')
    }
  })
})

it('a Secure cookie is not sent again over plain HTTP', async () => {
  const { clock, server, manager } = await site({ cookieLifeTime: HOUR })
  const browser = new Browser()
  await browser.go(server, '/set')
  manager.setSecure(true)
  for (const path of ['/', '/set']) {
    clock.tick(600)
    const reply = await browser.go(server, path)
    expect(reply).toMatchObject({ status: 200, setCookies: [] })
  }
})

it('a browser session cookie is sent once', async () => {
  const { clock, server } = await site()
  const browser = new Browser()
  expect(maxAges((await browser.go(server, '/set')).setCookies)).toEqual([undefined])
  for (const path of ['/', '/set', '/', '/set']) {
    clock.tick(1200)
    expect((await browser.go(server, path)).setCookies).toEqual([])
  }
})

describe('setLifetime', () => {
  it('record and cookie live that long from then on', async () => {
    const { clock, server } = await site()
    const browser = new AgingBrowser(clock)
    await browser.go(server, '/set')
    const reply = await browser.go(server, `/remember?for=${30 * 24 * HOUR}`)
    expect(maxAges(reply.setCookies)).toEqual([String(30 * 24 * HOUR)])
    clock.tick(29 * 24 * HOUR)
    const again = await browser.go(server, '/')
    expect(again.body).toBe('astaxie 1')
    expect(maxAges(again.setCookies)).toEqual([String(30 * 24 * HOUR)])
    clock.tick(29 * 24 * HOUR)
    expect((await browser.go(server, '/set')).body).toBe('astaxie 2')
    clock.tick(30 * 24 * HOUR)
    expect((await browser.go(server, '/')).body).toBe('undefined undefined')
  })

  it('on a new session too, and 0 goes back', async () => {
    const { clock, server } = await site()
    const browser = new Browser()
    expect(maxAges((await browser.go(server, '/remember?for=86400')).setCookies)).toEqual(['86400'])
    expect(maxAges((await browser.go(server, '/remember?for=0')).setCookies)).toEqual([undefined])
    clock.tick(HOUR)
    expect((await browser.go(server, '/')).body).toBe('undefined undefined')
  })
})

describe('rotating hashKey', () => {
  it.each(['/', '/set'])('a visitor with an old tag gets a new one in time: %s', async path => {
    const { clock, server, manager } = await site({ hashKey: 'old' })
    const browser = new Browser()
    await browser.go(server, '/set')
    const old = browser.header
    manager.setHashFunc('sha1', ['new', 'old'])
    for (let i = 0; i < 10; i++) {
      clock.tick(300)
      await browser.go(server, path)
    }
    expect(browser.header).not.toBe(old)
    expect(browser.header.slice(0, -32)).toBe(old.slice(0, -32))
    manager.setHashFunc('sha1', ['new'])
    expect((await browser.go(server, '/')).body).toMatch(/^undefined \d+$/)
    expect((await server.ask({ headers: { cookie: old } })).body).toBe('undefined undefined')
  })

  it.each([
    ['the first key comes', '', ['new', ''], 'new'],
    ['the last key goes', 'old', ['', 'old'], ''],
    ['the first key comes beside others', '', ['new', 'newer', ''], ['new', 'newer']],
  ] as const)('logs nobody out when %s', async (_, before, meanwhile, after) => {
    const { clock, server, manager } = await site({ hashKey: before })
    const browser = new Browser()
    await browser.go(server, '/set')
    const old = browser.header
    manager.setHashFunc('sha1', meanwhile)
    expect((await browser.go(server, '/')).body).toBe('undefined 1')
    for (let i = 0; i < 10; i++) {
      clock.tick(300)
      await browser.go(server, '/')
    }
    expect(browser.header).not.toBe(old)
    manager.setHashFunc('sha1', after)
    expect((await browser.go(server, '/')).body).toBe('undefined 1')
    expect((await server.ask({ headers: { cookie: old } })).body).toBe('undefined undefined')
  })

  it('once', async () => {
    const { clock, server, manager } = await site({ hashKey: 'old' })
    const browser = new Browser()
    await browser.go(server, '/set')
    manager.setHashFunc('sha1', ['new', 'old'])
    const sent: number[] = []
    for (let i = 0; i < 10; i++) {
      clock.tick(300)
      sent.push((await browser.go(server, i % 2 ? '/' : '/set')).setCookies.length)
    }
    expect(sent.reduce((sum, each) => sum + each)).toBe(1)
  })

  it('another hash function does as another key', async () => {
    const { server, manager } = await site({ hashKey: 'key', hashFunc: 'sha256' })
    const browser = new Browser()
    await browser.go(server, '/set')
    manager.setHashFunc('sha512')
    expect((await browser.go(server, '/')).body).toBe('undefined undefined')
  })
})
