import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { setUp } from './support/managers.ts'
import { protocols, type Server, serve } from './support/servers.ts'

async function site(options: ManagerOptions, protocol: Server['protocol'] = 'http') {
  const setup = await setUp(options)
  const server = await serve(async (req, res) => {
    ;(await setup.manager.sessionStart(req, res)).set('user', 'astaxie')
    res.end('done')
  }, protocol)
  return { ...setup, server }
}

describe.each(protocols)('over %s', protocol => {
  const isTLS = protocol === 'https' || protocol === 'h2'

  it("'auto' is Secure as the request came", async () => {
    const { server } = await site({}, protocol)
    const [line] = (await server.ask()).setCookies
    expect(line?.includes('; Secure')).toBe(isTLS)
  })

  it("'always' is Secure, however the request came", async () => {
    const { server, manager } = await site({ secure: 'always', sameSite: 'none' }, protocol)
    const reply = await server.ask()
    expect(reply.status).toBe(200)
    expect(reply.setCookies[0]).toContain('; Secure')
    manager.setSecure(true)
    expect((await server.ask()).status).toBe(isTLS ? 200 : 500)
    manager.setSecure('always')
    expect((await server.ask()).status).toBe(200)
  })

  it('false is never Secure', async () => {
    const { server } = await site({ secure: false }, protocol)
    const [line] = (await server.ask()).setCookies
    expect(line).toBeDefined()
    expect(line).not.toContain('Secure')
  })

  it.each<[string, ManagerOptions]>([
    ['secure: true', { secure: true }],
    ['__Host-', { cookieName: '__Host-sid' }],
    ['__Secure-', { cookieName: '__Secure-sid' }],
    ["sameSite: 'none'", { sameSite: 'none' }],
    ['partitioned', { partitioned: true }],
  ])('%s needs TLS: over plain HTTP a 500 and nothing stored', async (_, options) => {
    const errors: unknown[] = []
    const { server, store } = await site(
      {
        ...options,
        onSaveError: (error, _req, res) => {
          errors.push(error)
          res.end()
        },
      },
      protocol,
    )
    const reply = await server.ask()
    if (isTLS) {
      expect(reply.status).toBe(200)
      expect(reply.setCookies[0]).toContain('; Secure')
    } else {
      expect(reply).toMatchObject({ status: 500, setCookies: [] })
      expect(errors).toMatchObject([{ code: 'ERR_INSECURE_COOKIE' }])
      expect(store.calls).toEqual([])
    }
  })
})

describe('behind a proxy', () => {
  const secure: Record<string, string>[] = [
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-proto': 'http, HTTPS' },
    { 'x-forwarded-proto': 'wss' },
    { forwarded: 'for=192.0.2.60;proto=https;by=203.0.113.43' },
    { forwarded: 'proto=http, proto="https"' },
    { forwarded: 'Proto=https', 'x-forwarded-proto': 'http' },
    { forwarded: 'for=192.0.2.60', 'x-forwarded-proto': 'https' },
    { forwarded: 'proto=http', 'x-forwarded-proto': 'https' },
    { forwarded: 'for=", for="192.0.2.60;x=\\", y";proto="h\\ttps"' },
    { forwarded: 'for="a,b;proto=http";proto=https,' },
  ]
  const insecure: Record<string, string>[] = [
    {},
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-proto': 'https, http' },
    { forwarded: 'for="proto=https";proto=http' },
    { forwarded: 'proto=https, for=192.0.2.60' },
    { forwarded: 'for="x;proto=https"' },
    { forwarded: 'proto=' },
  ]

  it.each(secure)('that is trusted, HTTPS is believed: %j', async headers => {
    const { server } = await site({ secure: true, trustProxy: true })
    const reply = await server.ask({ headers })
    expect(reply.status).toBe(200)
    expect(reply.setCookies[0]).toContain('; Secure')
  })

  it.each(insecure)('that is trusted, all else is plain HTTP: %j', async headers => {
    const { server } = await site({ trustProxy: true })
    expect((await server.ask({ headers })).setCookies[0]).not.toContain('Secure')
  })

  it.each(secure)('that is not trusted, nothing is believed: %j', async headers => {
    const { server } = await site({})
    expect((await server.ask({ headers })).setCookies[0]).not.toContain('Secure')
  })
})

describe('behind several proxies', () => {
  it.each<[number, Record<string, string>, boolean]>([
    [0, { 'x-forwarded-proto': 'https' }, false],
    [1, { 'x-forwarded-proto': 'https, http' }, false],
    [2, { 'x-forwarded-proto': 'https, http' }, true],
    [2, { 'x-forwarded-proto': 'https, http, http' }, false],
    [2, { forwarded: 'proto=http, for="a, b";proto=https, for=10.0.0.1;proto=http' }, true],
    [3, { 'x-forwarded-proto': 'https' }, true],
  ])('%i are trusted: %j', async (trustProxy, headers, isSecure) => {
    const { server } = await site({ trustProxy })
    expect((await server.ask({ headers })).setCookies[0]?.includes('; Secure')).toBe(isSecure)
  })

  it('reads several header lines as one list', async () => {
    const { server } = await site({ trustProxy: true })
    const headers = { Forwarded: ['for=192.0.2.60;proto=http', 'for=10.0.0.1;proto=https'] }
    expect((await server.ask({ headers })).setCookies[0]).toContain('; Secure')
  })
})

describe('newManager refuses cookies that a browser would drop', () => {
  it.each<[string, ManagerOptions, RegExp]>([
    ['__Host- with a domain', { cookieName: '__Host-sid', domain: 'example.org' }, /__Host-sid/],
    ['__Host- with a path', { cookieName: '__Host-sid', path: '/app' }, /__Host-sid/],
    ['__Host- that is not Secure', { cookieName: '__Host-sid', secure: false }, /__Host-sid/],
    ['__Secure- that is not Secure', { cookieName: '__Secure-sid', secure: false }, /__Secure-sid/],
    ['SameSite=None that is not Secure', { sameSite: 'none', secure: false }, /sameSite/],
    ['Partitioned that is not Secure', { partitioned: true, secure: false }, /partitioned/],
    ['a name with a space', { cookieName: 'session id' }, /cookieName/],
    ['a domain with a semicolon', { domain: 'a; Secure' }, /domain/],
    ['a path that is none', { path: 'app' }, /path/],
  ])('%s', async (_, options, message) => {
    await expect(setUp(options)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(message),
    })
  })
})
