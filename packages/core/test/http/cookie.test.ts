import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser, parseCookie } from './support/browser.ts'
import { COOKIE, record, setUp } from './support/managers.ts'
import { protocols, type Server, serve } from './support/servers.ts'

// The session cookie as it is on the wire.

async function site(options: ManagerOptions = {}, protocol: Server['protocol'] = 'http') {
  const setup = await setUp(options)
  const server = await serve(async (req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
    const session = await setup.manager.sessionStart(req, res)
    const cacheControl = searchParams.get('cache')
    if (cacheControl !== null) res.setHeader('Cache-Control', cacheControl)
    if (pathname === '/set') session.update('n', (n = 0) => n + 1)
    if (pathname === '/login') {
      session.set('user', 'astaxie')
      await session.sessionRelease()
      await setup.manager.sessionRegenerateId(req, res)
      session.update('n', (n = 0) => n + 1)
      await session.sessionRelease()
      await setup.manager.sessionRegenerateId(req, res)
    }
    if (pathname === '/logout') await setup.manager.sessionDestroy(req, res)
    if (pathname === '/again') {
      await setup.manager.sessionDestroy(req, res)
      ;(await setup.manager.sessionStart(req, res)).set('user', 'another')
    }
    res.end(JSON.stringify((await setup.manager.sessionStart(req, res)).entries()))
  }, protocol)
  return { ...setup, server }
}

const attributesOf = (line: string | undefined) => parseCookie(line ?? '').attributes

describe('attributes', () => {
  const plain: Record<string, string | true> = { path: '/', httponly: true, samesite: 'Lax' }
  it.each<[string, ManagerOptions, Record<string, string | true>]>([
    ['by default', {}, plain],
    ['cookieLifeTime', { cookieLifeTime: 600 }, { ...plain, 'max-age': '600' }],
    ['domain', { domain: 'example.org' }, { ...plain, domain: 'example.org' }],
    ['path', { path: '/app' }, { ...plain, path: '/app' }],
    ['sameSite', { sameSite: 'strict' }, { ...plain, samesite: 'Strict' }],
    ['httpOnly', { httpOnly: false }, { path: '/', samesite: 'Lax' }],
  ])('%s', async (_, options, attributes) => {
    const { server } = await site(options)
    const { setCookies } = await server.ask({ path: '/set' })
    expect(setCookies).toHaveLength(1)
    expect(parseCookie(setCookies[0] as string)).toMatchObject({
      name: COOKIE,
      value: expect.stringMatching(/^[0-9a-f]{32}$/),
      attributes,
    })
    expect(Object.keys(attributesOf(setCookies[0])).sort()).toEqual(Object.keys(attributes).sort())
  })

  it('sameSite none and partitioned, which need HTTPS', async () => {
    const { server } = await site({ sameSite: 'none', partitioned: true }, 'https')
    const { setCookies } = await server.ask({ path: '/set' })
    expect(attributesOf(setCookies[0])).toEqual({
      path: '/',
      httponly: true,
      samesite: 'None',
      partitioned: true,
      secure: true,
    })
  })

  it('with hashKey the id has a tag', async () => {
    const { server } = await site({ hashKey: 'secret' })
    const { setCookies } = await server.ask({ path: '/set' })
    expect(parseCookie(setCookies[0] as string).value).toMatch(/^[0-9a-f]{64}$/)
  })
})

describe.each(protocols)('over %s', protocol => {
  it('one Set-Cookie however often the id changes, and it is the last one', async () => {
    const { server } = await site({}, protocol)
    const browser = new Browser()
    await browser.go(server, '/set')
    const reply = await browser.go(server, '/login')
    expect(reply.setCookies).toHaveLength(1)
    expect((await browser.go(server, '/')).body).toBe('[["n",2],["user","astaxie"]]')
  })

  it('cleared on destroy, with the attributes it was set with', async () => {
    const { server } = await site({ path: '/app', domain: 'example.org' }, protocol)
    const browser = new Browser()
    const [set] = (await browser.go(server, '/set')).setCookies
    const [cleared, ...more] = (await browser.go(server, '/logout')).setCookies
    expect(more).toEqual([])
    expect(parseCookie(cleared as string)).toMatchObject({ name: COOKIE, value: '' })
    expect(attributesOf(cleared)).toEqual({
      ...attributesOf(set),
      'max-age': '0',
      expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
    })
  })

  it('destroyed and started again in one response: one cookie, the new one', async () => {
    const { server } = await site({}, protocol)
    const browser = new Browser()
    await browser.go(server, '/set')
    const old = browser.header
    const reply = await browser.go(server, '/again')
    expect(reply.setCookies).toHaveLength(1)
    expect(browser.header).not.toBe(old)
    expect((await browser.go(server, '/')).body).toBe('[["user","another"]]')
  })
})

it('a stale cookie is cleared by a logout, a visitor without one gets none', async () => {
  const { server } = await site()
  const stale = await server.ask({ path: '/logout', headers: { cookie: `${COOKIE}=${'0'.repeat(32)}` } })
  expect(attributesOf(stale.setCookies[0])['max-age']).toBe('0')
  expect((await server.ask({ path: '/logout' })).setCookies).toEqual([])
})

describe('several cookies of one name', () => {
  it('the live one is found', async () => {
    const { server } = await site()
    const browser = new Browser()
    await browser.go(server, '/set')
    const dead = `${COOKIE}=${'0'.repeat(32)}`
    for (const cookie of [
      `${dead}; ${browser.header}`,
      `${browser.header}; ${dead}`,
      `a=b; ${browser.header}`,
    ]) {
      const reply = await server.ask({ headers: { cookie } })
      expect(reply.body).toBe('[["n",1]]')
    }
  })

  it('the live one is preferred to one whose id was regenerated a moment ago', async () => {
    const { server } = await site()
    const browser = new Browser()
    await browser.go(server, '/set')
    const retired = browser.header
    await browser.go(server, '/login')
    const reply = await server.ask({ path: '/set', headers: { cookie: `${retired}; ${browser.header}` } })
    expect(reply.body).toBe('[["n",3],["user","astaxie"]]')
  })

  it('a name that only ends or begins alike is another cookie', async () => {
    const { server, store } = await site()
    const id = '0'.repeat(32)
    store.forget()
    await server.ask({ headers: { cookie: `x${COOKIE}=${id}; ${COOKIE}x=${id}; a="${COOKIE}=${id}"` } })
    expect(store.calls).toEqual([])
  })

  it('no more are looked up than a browser sends by accident', async () => {
    const { server, store } = await site()
    const cookie = Array.from({ length: 100 }, (_, i) => `${COOKIE}=${String(i).padStart(32, '0')}`).join(
      '; ',
    )
    store.forget()
    await server.ask({ headers: { cookie } })
    expect(store.calls).toHaveLength(4)
  })
})

describe.each(['http', 'h2c'] as const)('Cache-Control over %s', protocol => {
  it.each([
    ['', 'private', 0],
    ['no-store', 'no-store', 0],
    ['private, max-age=60', 'private, max-age=60', 0],
    ['max-age=60', 'private, max-age=60', 0],
    ['public, max-age=60', 'private, max-age=60', 1],
    ['max-age=60, s-maxage=600', 'private, max-age=60', 1],
    ['Public', 'private', 1],
    ['max-age=60, private="X-User"', 'private, max-age=60', 0],
    ['no-cache="Set-Cookie, public", max-age=60', 'private, no-cache="Set-Cookie, public", max-age=60', 0],
    ['no-cache="private, no-store", public', 'private, no-cache="private, no-store"', 1],
    ['must-understand, no-store', 'private, must-understand, no-store', 0],
    ['private=?0, max-age=60', 'private, max-age=60', 0],
  ])('%j becomes %j', async (from, to, events) => {
    const { server, manager } = await site({}, protocol)
    const happenings = record(manager)
    const query = from === '' ? '' : `?cache=${encodeURIComponent(from)}`
    const browser = new Browser()
    for (const path of ['/set', '/login', '/logout']) {
      happenings.length = 0
      const reply = await browser.go(server, `${path}${query}`)
      expect(reply.setCookies).toHaveLength(1)
      expect(reply.headers['cache-control']).toBe(to)
      expect(happenings.filter(({ name }) => name === 'cacheControl')).toEqual(
        Array.from({ length: events }, () => ({
          name: 'cacheControl',
          event: { field: 'cache-control', from, to },
        })),
      )
    }
    const unset = await server.ask({ path: `/${query}` })
    expect(unset.headers['cache-control']).toBe(from === '' ? undefined : from)
  })
})

describe.each(['http', 'h2c'] as const)('what shared caches prefer to Cache-Control, over %s', protocol => {
  const fields: [field: string, value: string | string[], to: string][] = [
    ['CDN-Cache-Control', 'public, max-age=60', 'private, max-age=60'],
    ['CDN-Cache-Control', ['max-age=60', 'public'], 'private, max-age=60'],
    ['Cloudflare-CDN-Cache-Control', 'max-age=60', 'private, max-age=60'],
    ['Vercel-CDN-Cache-Control', 's-maxage=60', 'private'],
    ['Netlify-CDN-Cache-Control', 'public, durable, max-age=60', 'private, durable, max-age=60'],
    ['Akamai-Cache-Control', 'max-age=60', 'private, max-age=60'],
    ['X-LiteSpeed-Cache-Control', 'public,max-age=60', 'private, max-age=60'],
    ['Surrogate-Control', 'max-age=60, content="ESI/1.0, x"', 'no-store, content="ESI/1.0, x"'],
    ['Edge-Control', '!no-store, max-age=1h', 'no-store'],
    ['X-Accel-Expires', '60', '0'],
    ['X-Accel-Expires', '@1767225600', '0'],
  ]

  it.each(fields)(
    '%s: %j does not let a response with a session cookie be shared',
    async (field, value, to) => {
      const { manager } = await setUp()
      const happenings = record(manager)
      const server = await serve(async (req, res) => {
        const session = await manager.sessionStart(req, res)
        if (req.url === '/set') session.set('user', 'astaxie')
        res.setHeader(field, value)
        res.end()
      }, protocol)
      const name = field.toLowerCase()
      const from = [value].flat().join(', ')
      const reply = await server.ask({ path: '/set' })
      expect(reply.setCookies).toHaveLength(1)
      expect(reply.headers).toMatchObject({ [name]: to, 'cache-control': 'private' })
      expect(happenings.filter(({ name }) => name === 'cacheControl')).toEqual([
        { name: 'cacheControl', event: { field: name, from, to } },
      ])
      const unset = await server.ask()
      expect(unset.headers[name]).toBe(from)
      expect(unset.headers).not.toHaveProperty('cache-control')
    },
  )

  it.each([
    ['CDN-Cache-Control', 'no-store'],
    ['CDN-Cache-Control', 'max-age=60, private'],
    ['Surrogate-Control', 'no-store'],
    ['X-Accel-Expires', '0'],
    ['Expires', 'Thu, 01 Jan 2026 00:00:00 GMT'],
  ])('%s: %s stays as it is', async (field, value) => {
    const { manager } = await setUp()
    const happenings = record(manager)
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.writeHead(200, { [field]: value }).end()
    }, protocol)
    const reply = await server.ask()
    expect(reply.headers[field.toLowerCase()]).toBe(value)
    expect(reply.headers['cache-control']).toBe('private')
    expect(happenings.some(({ name }) => name === 'cacheControl')).toBe(false)
  })
})
