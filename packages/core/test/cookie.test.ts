import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CookieOptions, CookieWriter, cookieValues } from '../src/lib/cookie.ts'

const options: CookieOptions = {
  name: 'sid',
  domain: undefined,
  path: '/',
  sameSite: 'lax',
  httpOnly: true,
  partitioned: false,
  secure: 'auto',
}

describe('reading a Cookie header', () => {
  test.each<[string, string | undefined, string[]]>([
    ['no header', undefined, []],
    ['an empty one', '', []],
    ['the cookie alone', 'sid=a', ['a']],
    ['the first of some', 'sid=a; b=c', ['a']],
    ['the last of some', 'b=c; sid=a', ['a']],
    ['without spaces', 'b=c;sid=a;d=e', ['a']],
    ['with more spaces and tabs', ' \t sid=a \t; b=c', ['a']],
    ['twice, in the order sent', 'sid=a; x=y; sid=b', ['a', 'b']],
    ['an empty value', 'sid=; b=c', ['']],
    ['a value with equals signs', 'sid=a=b==', ['a=b==']],
    ['a quoted value', 'sid="a"', ['a']],
    ['a quote alone', 'sid="', ['"']],
    ['half a quoted value', 'sid="a', ['"a']],
    ['the end of another name', 'xsid=a; my-sid=b', []],
    ['the beginning of another name', 'sidx=a; sid.1=b', []],
    ['in the value of another', 'a=sid=b', []],
    ['after a space in the value of another', 'a=b sid=c', []],
    ['after a comma, which separates nothing', 'a=b, sid=c', []],
    ['another case', 'SID=a; Sid=b', []],
    ['without a value', 'sid; b=c', []],
    ['only separators', ';;; ;', []],
    ['after empty pairs', ';; ;sid=a', ['a']],
    ['after a pair without a name', '=x; sid=a', ['a']],
  ])('%s', (_, header, values) => {
    expect(cookieValues(header, 'sid')).toEqual(values)
  })

  test('a name with signs that mean something elsewhere is taken as it is', () => {
    expect(cookieValues('a.b*c=1; axbyc=2', 'a.b*c')).toEqual(['1'])
    expect(cookieValues('$|^=1', '$|^')).toEqual(['1'])
  })

  test('agrees with taking the header apart at its semicolons', () => {
    const piece = fc.constantFrom('sid', '=', ';', ' ', '"', 'x', '; ', 'sid=', '\t', ',')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        const header = pieces.join('')
        const expected = header
          .split(';')
          .map(pair => pair.replace(/^[ \t]+/, ''))
          .filter(pair => pair.startsWith('sid='))
          .map(pair => pair.slice(4).trim())
          .map(value => (/^".*"$/.test(value) ? value.slice(1, -1) : value))
        expect(cookieValues(header, 'sid')).toEqual(expected)
      }),
      { numRuns: 5000 },
    )
  })

  test.each([
    ['cookies', 'sid=a;'],
    ['spaces', ' '],
    ['names', 'sid='],
    ['semicolons', ';'],
    ['quotes', 'sid="'],
    ['spaced names', 'sid= '],
  ])('a megabyte of %s takes no time', (_, piece) => {
    const header = piece.repeat(1_000_000 / piece.length)
    const start = performance.now()
    cookieValues(header, 'sid')
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('writing Set-Cookie', () => {
  const write = (changed: Partial<CookieOptions>, maxAge = 0, isSecure = false) =>
    new CookieWriter({ ...options, ...changed }).write(changed.name ?? 'sid', 'value', maxAge, isSecure)

  test.each<[string, string, Partial<CookieOptions>, number?, boolean?]>([
    ['by default', 'sid=value; Path=/; HttpOnly; SameSite=Lax', {}],
    ['on TLS', 'sid=value; Path=/; HttpOnly; SameSite=Lax; Secure', {}, 0, true],
    ['with a lifetime', 'sid=value; Max-Age=60; Path=/; HttpOnly; SameSite=Lax', {}, 60],
    ['never secure', 'sid=value; Path=/; HttpOnly; SameSite=Lax', { secure: false }, 0, true],
    [
      'for a domain',
      'sid=value; Path=/; Domain=example.org; HttpOnly; SameSite=Lax',
      { domain: 'example.org' },
    ],
    ['for a path', 'sid=value; Path=/app; HttpOnly; SameSite=Lax', { path: '/app' }],
    ['for scripts', 'sid=value; Path=/; SameSite=Lax', { httpOnly: false }],
    ['strict', 'sid=value; Path=/; HttpOnly; SameSite=Strict', { sameSite: 'strict' }],
    ['for other sites', 'sid=value; Path=/; HttpOnly; SameSite=None; Secure', { sameSite: 'none' }, 0, true],
    [
      'partitioned',
      'sid=value; Path=/; HttpOnly; SameSite=Lax; Partitioned; Secure',
      { partitioned: true },
      0,
      true,
    ],
  ])('%s', (_, line, changed, maxAge, isSecure) => {
    expect(write(changed, maxAge, isSecure)).toBe(line)
  })

  test('clearing has the same attributes, and an end in the past for old browsers too', () => {
    const writer = new CookieWriter({ ...options, domain: 'example.org', path: '/app' })
    expect(writer.clear('sid', true)).toBe(
      'sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/app; Domain=example.org; HttpOnly; SameSite=Lax; Secure',
    )
  })
})

describe('a Secure cookie on a connection that is not', () => {
  test.each<[string, Partial<CookieOptions>]>([
    ['secure: true', { secure: true }],
    ['__Host-', { name: '__Host-sid' }],
    ['__Secure-', { name: '__Secure-sid' }],
    ['a prefix in capitals, which browsers heed too', { name: '__SECURE-sid' }],
    ['__Http-', { name: '__Http-sid' }],
    ['__Host-Http-', { name: '__Host-Http-sid' }],
    ['sameSite: none', { sameSite: 'none' }],
    ['partitioned', { partitioned: true }],
  ])('is an error with %s, and none over TLS', (_, changed) => {
    const writer = new CookieWriter({ ...options, ...changed })
    expect(() => writer.checkConnection(false)).toThrow(
      expect.objectContaining({
        code: 'ERR_INSECURE_COOKIE',
        message: expect.stringMatching(/HTTPS.*trustProxy.*secure: 'always'/),
      }),
    )
    writer.checkConnection(true)
  })

  test.each([
    {},
    { name: '__Host-sid' },
    { sameSite: 'none' },
    { partitioned: true },
  ] as Partial<CookieOptions>[])(
    "is no error with secure: 'always', and the cookie is Secure: %j",
    changed => {
      const writer = new CookieWriter({ ...options, ...changed, secure: 'always' })
      writer.checkConnection(false)
      const name = changed.name ?? options.name
      expect(writer.write(name, 'x', 0, false)).toMatch(/; Secure$/)
      expect(writer.clear(name, false)).toMatch(/; Secure$/)
    },
  )

  test.each([false, 'auto'] as const)('is no error when it need not be Secure (%s)', secure => {
    new CookieWriter({ ...options, secure }).checkConnection(false)
  })
})

describe('attributes that a browser would drop are refused', () => {
  test.each<[string, Partial<Record<keyof CookieOptions, unknown>>, RegExp]>([
    ['an empty name', { name: '' }, /cookieName.*'beegosessionID'/],
    ['a name with a space', { name: 'my sid' }, /cookieName/],
    ['a name with an equals sign', { name: 'a=b' }, /cookieName/],
    ['a name with a semicolon', { name: 'a;b' }, /cookieName/],
    ['a name with a line end', { name: 'a\r\nSet-Cookie: b' }, /cookieName/],
    ['a name beyond ASCII', { name: 'sitzung-ü' }, /cookieName/],
    ['a name that leaves no room', { name: 'n'.repeat(3841) }, /cookieName.*3840/],
    ['an empty domain', { domain: '' }, /domain.*'example.org'/],
    ['a domain with more attributes', { domain: 'a.org; Secure' }, /domain/],
    ['a domain with a line end', { domain: 'a.org\n' }, /domain/],
    ['a URL as domain', { domain: 'https://example.org' }, /domain/],
    ['a domain with a port', { domain: 'example.org:3000' }, /domain/],
    ['a domain with a path', { domain: 'example.org/app' }, /domain/],
    ['two domains', { domain: 'a.org, b.org' }, /domain/],
    ['a domain of over 253 characters', { domain: `${'a.'.repeat(126)}org` }, /domain/],
    ['a path that is none', { path: 'app' }, /path must start with '\/'/],
    ['an empty path', { path: '' }, /path/],
    ['a path with more attributes', { path: '/;Secure' }, /path/],
    ['a path with a line end', { path: '/\n' }, /path/],
    ['a path beyond ASCII', { path: '/ü' }, /path/],
    ['a path of over 1024 characters', { path: `/${'a'.repeat(1024)}` }, /path.*1024/],
    ['a sameSite that is none', { sameSite: 'Lax' }, /sameSite.*'lax', 'strict' or 'none'/],
    ['a sameSite of a prototype', { sameSite: 'constructor' }, /sameSite/],
    ['a secure that is none', { secure: 'yes' }, /secure.*'auto'/],
    ['a secure that is undefined', { secure: undefined }, /secure/],
    [
      'never secure, for other sites',
      { secure: false, sameSite: 'none' },
      /secure: false contradicts sameSite: 'none'/,
    ],
    [
      'never secure, partitioned',
      { secure: false, partitioned: true },
      /secure: false contradicts partitioned/,
    ],
    ['never secure, __Host-', { secure: false, name: '__Host-sid' }, /secure: false contradicts the prefix/],
    ['never secure, __secure-', { secure: false, name: '__secure-sid' }, /contradicts the prefix/],
    ['__Host- with a domain', { name: '__Host-sid', domain: 'example.org' }, /'__Host-sid' allows no domain/],
    ['__Host- with a path', { name: '__Host-sid', path: '/app' }, /only path '\/'/],
    ['__host- with a path', { name: '__host-sid', path: '/app' }, /only path '\/'/],
    ['__Host-Http- with a path', { name: '__Host-Http-sid', path: '/app' }, /only path '\/'/],
    ['__Http- for scripts', { name: '__Http-sid', httpOnly: false }, /needs httpOnly/],
    ['__Host-Http- for scripts', { name: '__Host-Http-sid', httpOnly: false }, /needs httpOnly/],
  ])('%s', (_, changed, message) => {
    expect(() => new CookieWriter({ ...options, ...changed } as CookieOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }),
    )
  })

  test.each<[string, Partial<CookieOptions>]>([
    ['a subdomain', { domain: 'app.example.org' }],
    ['a domain with a dot before it, as once written', { domain: '.example.org' }],
    ['one label', { domain: 'localhost' }],
    ['an address', { domain: '127.0.0.1' }],
    ['punycode', { domain: 'xn--mnchen-3ya.de' }],
    ['__Host- as it should be', { name: '__Host-sid', secure: true }],
    ['__Secure- with domain and path', { name: '__Secure-sid', domain: 'example.org', path: '/app' }],
    ['all signs of a token', { name: "!#$%&'*+-.^_`|~09azAZ" }],
    ['the longest name', { name: 'n'.repeat(3840) }],
  ])('%s is fine', (_, changed) => {
    expect(() => new CookieWriter({ ...options, ...changed })).not.toThrow()
  })
})
