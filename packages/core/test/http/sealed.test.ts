import { randomBytes } from 'node:crypto'
import { type ManagerOptions, newManager } from '@sess/core'
import { type EngineCookie, fromSealedStore } from '@sess/core/engine'
import { describe, expect, it } from 'vitest'
import { AESStore } from './support/aes-store.ts'
import { Browser, parseCookie } from './support/browser.ts'
import { COOKIE, type Data, record, TestClock } from './support/managers.ts'
import { type Server, serve } from './support/servers.ts'

// Sessions that live with the client, over HTTP.

async function site(
  options: ManagerOptions = {},
  store = new AESStore(),
  protocol: Server['protocol'] = 'http',
) {
  const clock = new TestClock()
  const manager = await newManager<Data>(fromSealedStore(store), { clock, ...options })
  const happenings = record(manager)
  const server = await serve(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
    let session = await manager.sessionStart(req, res)
    const size = searchParams.get('size')
    if (size !== null) session.set('blob', randomBytes(Number(size) / 2).toString('hex'))
    if (pathname === '/set') session.update('n', (n = 0) => n + 1)
    if (pathname === '/login') {
      session.set('user', 'astaxie')
      session = await manager.sessionRegenerateId(req, res)
    }
    if (pathname === '/logout') {
      await manager.sessionDestroy(req, res)
      session = await manager.sessionStart(req, res)
    }
    if (pathname === '/late') {
      res.write(' ')
      session.set('n', 99)
    }
    const id = session.isNew ? '' : session.sessionID()
    res.end(JSON.stringify([session.get('user') ?? '', session.get('n') ?? 0, id]))
  }, protocol)
  const browser = new Browser()
  const visit = async (path = '/', by = browser) => {
    const reply = await by.go(server, path)
    if (reply.status !== 200) return { reply, user: '', n: -1, id: '' }
    const [user, n, id] = JSON.parse(reply.body)
    return { reply, user: user as string, n: n as number, id: id as string }
  }
  return { clock, manager, happenings, server, browser, visit }
}

const names = (lines: readonly string[]): string[] => lines.map(line => parseCookie(line).name)

describe.each(['http', 'h2'] as const)('over %s', protocol => {
  it('the whole flow: visit, write, log in, read, log out', async () => {
    const { visit, browser, happenings } = await site({}, undefined, protocol)
    expect((await visit()).reply.setCookies).toEqual([])
    const first = await visit('/set')
    expect(names(first.reply.setCookies)).toEqual([COOKIE])
    expect((await visit()).n).toBe(1)
    const { id } = await visit('/set')
    const login = await visit('/login')
    expect(login.id).toMatch(/^[0-9a-f]{32}$/)
    expect(login.id).not.toBe(id)
    expect(await visit()).toMatchObject({ user: 'astaxie', n: 2, id: login.id })
    const logout = await visit('/logout')
    expect(logout.user).toBe('')
    expect(browser.cookies.size).toBe(0)
    expect((await visit()).user).toBe('')
    expect(happenings.map(({ name }) => name)).toEqual(['created', 'regenerated', 'destroyed'])
  })
})

it('a visitor who only reads gets no cookie, until the session is due for an extension', async () => {
  const { visit, clock, browser } = await site()
  await visit('/set')
  const before = browser.header
  clock.tick(300)
  expect((await visit()).reply.setCookies).toEqual([])
  clock.tick(100)
  expect((await visit()).reply.setCookies).toHaveLength(1)
  expect(browser.header).not.toBe(before)
  clock.tick(3500)
  expect((await visit()).n).toBe(1)
})

it('expiry is inside the seal: a kept cookie does not outlive the session', async () => {
  const { visit, clock, browser } = await site({ absoluteLifetime: 5000 })
  await visit('/set')
  const kept = browser.fork()
  clock.tick(3599.999)
  expect((await visit('/', kept.fork())).n).toBe(1)
  clock.tick(0.001)
  expect((await visit('/', kept.fork())).n).toBe(0)
})

it('what is inside cannot be read', async () => {
  const { visit, browser } = await site()
  await visit('/login')
  const sealed = (browser.cookies.get(COOKIE) as string).replace(/^1\./, '')
  const text = Buffer.from(sealed, 'base64url').toString('latin1')
  expect(text).not.toContain('astaxie')
  expect(text).not.toContain('user')
})

describe('several cookies', () => {
  it('hold what one cannot, each within 4096 bytes, and reach a server with the limits of Node', async () => {
    const { visit, browser } = await site()
    const { reply } = await visit('/set?size=5500')
    expect(names(reply.setCookies)).toEqual([COOKIE, `${COOKIE}.1`])
    for (const line of reply.setCookies) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096)
    expect((await visit()).n).toBe(1)
    expect(browser.cookies.size).toBe(2)
  })

  it('those left over are cleared when the session shrinks, and at logout', async () => {
    const { visit, browser } = await site()
    await visit('/set?size=8000')
    expect(browser.cookies.size).toBe(3)
    const { reply } = await visit('/set?size=100')
    expect(browser.cookies.size).toBe(1)
    expect(reply.setCookies.filter(line => line.includes('Max-Age=0'))).toHaveLength(2)
    await visit('/set?size=5500')
    await visit('/logout')
    expect(browser.cookies.size).toBe(0)
  })

  it('a missing, foreign or left-over one is no session, or no part of it', async () => {
    const { visit, browser } = await site()
    await visit('/set?size=5500')
    const incomplete = browser.fork()
    incomplete.cookies.delete(`${COOKIE}.1`)
    expect((await visit('/', incomplete)).n).toBe(0)
    const mixed = browser.fork()
    await visit('/set?size=5500')
    mixed.cookies.set(`${COOKIE}.1`, browser.cookies.get(`${COOKIE}.1`) as string)
    expect((await visit('/', mixed)).n).toBe(0)
    const more = browser.fork()
    more.cookies.set(`${COOKIE}.2`, 'left-over')
    expect((await visit('/', more)).n).toBe(2)
  })

  it('what is too large is a 500 with ERR_TOO_LARGE, and what was there before goes on', async () => {
    const errors: unknown[] = []
    const { visit, happenings } = await site({
      onSaveError: (error, _req, res) => {
        errors.push(error)
        res.end()
      },
    })
    expect((await visit('/set?size=60000')).reply).toMatchObject({ status: 500, setCookies: [] })
    expect(happenings.map(({ name }) => name)).toEqual(['saveError'])
    await visit('/set')
    expect((await visit('/set?size=60000')).reply).toMatchObject({ status: 500, setCookies: [] })
    expect((await visit()).n).toBe(1)
    expect(errors).toMatchObject([
      { code: 'ERR_TOO_LARGE', limit: expect.any(Number) },
      { code: 'ERR_TOO_LARGE', limit: expect.any(Number) },
    ])
  })

  it('as many as fit by default are not too many for a server with the limits of Node', async () => {
    const { visit } = await site()
    let size = 2000
    while ((await visit(`/set?size=${size}`)).reply.status === 200) {
      const { reply } = await visit()
      expect(reply.status, `a session of ${size} bytes`).toBe(200)
      size += 1000
    }
    expect(size).toBeGreaterThan(7000)
  })

  it('maxCookies sets how many', async () => {
    const { visit } = await site({}, new AESStore(1))
    expect((await visit('/set?size=2000')).reply.status).toBe(200)
    expect((await visit('/set?size=4000')).reply.status).toBe(500)
  })
})

it('tampering anywhere makes it nobody’s session', async () => {
  const { visit, browser } = await site()
  await visit('/login')
  const sealed = browser.cookies.get(COOKIE) as string
  for (const at of [0, 2, 10, sealed.length >> 1, sealed.length - 2]) {
    const tampered = browser.fork()
    const other = sealed[at] === 'A' ? 'B' : 'A'
    tampered.cookies.set(COOKIE, sealed.slice(0, at) + other + sealed.slice(at + 1))
    expect(await visit('/', tampered)).toMatchObject({ user: '', n: 0 })
  }
  for (const value of ['', 'x', '1.', '1.x', '99.x', '0.', `2.${sealed}`]) {
    const forged = browser.fork()
    forged.cookies.set(COOKIE, value)
    expect(await visit('/', forged)).toMatchObject({ user: '', n: 0 })
  }
})

it('a change after the headers left cannot be sent, and is told by an event', async () => {
  const { visit, happenings } = await site()
  await visit('/set')
  happenings.length = 0
  await visit('/late')
  await expect
    .poll(() => happenings)
    .toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_HEADERS_SENT' } } }])
  expect((await visit()).n).toBe(1)
})

it('a session whose seal is outdated is sealed again when it is read, and keeps its data', async () => {
  const store = new AESStore()
  const { seal, open } = store
  // Seals that were made while this was set are of an old key.
  let isOld = true
  store.seal = (data, expiresAt) => `${isOld ? 'old-' : ''}${seal.call(store, data, expiresAt)}`
  store.open = sealed => {
    const opened = open.call(store, sealed.replace('old-', ''))
    return opened && { ...opened, isOutdated: sealed.startsWith('old-') }
  }
  const { visit, browser } = await site({}, store)
  await visit('/set')
  expect(browser.header).toContain('old-')
  isOld = false
  const read = await visit()
  expect(read.n).toBe(1)
  expect(names(read.reply.setCookies)).toEqual([COOKIE])
  expect(browser.header).not.toContain('old-')
  expect((await visit()).reply.setCookies).toEqual([])
  expect((await visit()).n).toBe(1)
})

describe('cookie options that the engine sets', () => {
  const engine = (cookie: EngineCookie) => fromSealedStore(Object.assign(new AESStore(), { cookie }))
  const lineOf = async (options: ManagerOptions, cookie: EngineCookie) => {
    await using manager = await newManager(engine(cookie), options)
    const response = await manager.handle(new Request('https://localhost/'), session => {
      session.set('a', 1)
      return new Response()
    })
    return response.headers.getSetCookie()[0] ?? ''
  }

  it('are those of its cookie', async () => {
    expect(await lineOf({}, { cookieLifeTime: 90, secure: false })).toMatch(
      /; Max-Age=90; Path=\/; HttpOnly; SameSite=Lax$/,
    )
    expect(await lineOf({ cookieLifeTime: 90, secure: true }, { cookieLifeTime: 90, secure: true })).toMatch(
      /; Max-Age=90; .*; Secure$/,
    )
    expect(await lineOf({ cookieLifeTime: 90 }, {})).toMatch(/; Max-Age=90; .*; Secure$/)
  })

  it('must not contradict those of the manager', async () => {
    await expect(newManager(engine({ secure: true }), { secure: false })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: 'newManager: secure is false, but providerConfig says true; e.g. leave one of them out',
    })
    await expect(newManager(engine({ cookieLifeTime: 90 }), { cookieLifeTime: 60 })).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining('cookieLifeTime is 60'),
    })
  })
})

it('what needs a server is ERR_UNSUPPORTED', async () => {
  const { manager } = await site()
  await expect(manager.getActiveSession()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  const provider = manager.getProvider()
  await expect(provider.sessionAll()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  for (const act of [
    provider.sessionRead('0'),
    provider.sessionExist('0'),
    provider.sessionRegenerate('0', '1'),
  ])
    await expect(act).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  expect(await manager.gc()).toBe(0)
  await manager.ping()
  expect(manager.capabilities).toMatchObject({ kind: 'sealed', count: false, sweep: false })
})
