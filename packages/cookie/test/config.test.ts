import { CookieStore } from '@sess/cookie'
import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { checkSecrets } from '@sess/testkit'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../src/lib/cookie-config.ts'
import { COOKIE, TestClock } from './support/site.ts'

const clock = new TestClock()
const context = { clock, cookieName: COOKIE }
const secret = 'zT4mUEJ1qzXp3sAfV0yQ2cKkH8bDwL9nRrGgS5xN7tY='
const expiresAt = clock.now() + 60_000

async function errorOf(config: unknown): Promise<Error> {
  const options = { cookieName: COOKIE, providerConfig: config as string }
  const error = await newManager('cookie', options).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  return error
}

const openssl = /openssl rand -base64 32/

describe('a secret that is missing or weak is an error at the start', () => {
  it.each([
    [undefined, /the secret is missing, e\.g\. \{ secrets: \[process\.env\.SESSION_SECRET\] \}/],
    ['', /the secret is missing/],
    ['beegocookiehashkey', /the secret has 18 bytes and needs at least 32/],
    ['x'.repeat(31), /has 31 bytes/],
    ['abcdefg'.repeat(9), /too few different characters to be random/],
    [{}, /'secrets' is missing/],
    [{ secrets: undefined }, /'secrets' is missing/],
    [{ secrets: '' }, /'secrets' is missing/],
    [{ secrets: 5 }, /'secrets' is missing/],
    [{ secrets: [secret, ''] }, /secrets\[1\] is missing/],
    [{ secrets: [secret, undefined] }, /secrets\[1\] is missing/],
    [{ secrets: [secret, secret, 'too short'] }, /secrets\[2\] has 9 bytes/],
    ['{"secrets":["short"]}', /secrets\[0\] has 5 bytes/],
    ['{}', /'securityKey' with 'blockKey' is missing/],
    [
      '{"cookieName":"gosessionid","securityKey":"beegocookiehashkey"}',
      /'securityKey' with 'blockKey' has 18 bytes and needs at least 32/,
    ],
    [
      `{"securityKey":"${'ab'.repeat(20)}","securityName":"${secret}"}`,
      /'securityKey' with 'blockKey' has too few/,
    ],
  ])('%j', async (config, message) => {
    const error = await errorOf(config)
    expect(error.message).toMatch(message)
    expect(error.message).toMatch(openssl)
  })

  it('and 32 bytes of 8 different characters are enough', async () => {
    await CookieStore.open('abcdefgh'.repeat(4), context)
    // Bytes, not characters.
    await CookieStore.open('日本語の秘密の鍵は長いですね', context)
  })
})

describe('says what is wrong', () => {
  it.each([
    [5, /must be a secret, e\.g\. process\.env\.SESSION_SECRET, or an object/],
    [null, /is null; it must be a secret/],
    [[secret], /must be a secret, .* or an object, e\.g\. \{ secrets:/],
    [{ secret }, /unknown field 'secret'; it must be e\.g\. \{ secrets:/],
    [{ secrets: [] }, /'secrets' must hold at least one/],
    [{ secrets: secret, maxCookies: 0 }, /'maxCookies' must be a whole number from 1 to 50/],
    [{ secrets: secret, maxCookies: 51 }, /'maxCookies'/],
    [{ secrets: secret, maxCookies: 1.5 }, /'maxCookies'/],
    [{ secrets: secret, maxCookies: '2x' }, /'maxCookies'/],
    [{ secrets: secret, maxCookies: '51' }, /'maxCookies'/],
    [{ secrets: secret, maxCookies: '' }, /'maxCookies'/],
    [Buffer.from(secret), /is an instance of 'Buffer'; it must be a secret/],
    [new Map([['secrets', secret]]), /is an instance of 'Map'; it must be a secret/],
    [Promise.resolve(secret), /is an instance of 'Promise'; it must be a secret/],
    [() => secret, /is a function; it must be a secret/],
    [`{"securityKey":"${secret}","maxage":"x"}`, /'maxage' must be a number/],
    // What JSON.parse would say of this one shows where it is.
    [`{"securityKey":x${secret}}`, /begins with '\{' but is not JSON/],
    [`{"securityKey":"${secret}","maxAge":"1h"}`, /'maxage' must be a number/],
    [`{"securityKey":"${secret}","maxage":-1}`, /'maxage' must be a whole number of seconds/],
    [`{"securityKey":"${secret}","secure":"yes"}`, /'secure' must be a boolean/],
    [`{"securityKey":"${secret}","maxage":"always"}`, /'maxage' must be a number/],
    [`{"securityKey":"${secret}","gclifetime":3600}`, /unknown field 'gclifetime'/],
    [`{"securityKey":["${secret}"]}`, /'securityKey' must be a string/],
    [
      `{"securityKey":"${secret}","cookieName":"sid"}`,
      /'cookieName' is 'sid', but the manager's is 'gosessionid'/,
    ],
  ])('with %j', async (config, message) => {
    const error = await errorOf(config)
    expect(error.message).toMatch(message)
    expect(`${error.stack} ${error.cause}`).not.toContain(secret.slice(0, 8))
  })
})

describe("the original's JSON", () => {
  const keys = '"securityKey":"beegocookiehashkey","blockKey":"0123456789abcdef"'
  const storeOf = (config: string) => CookieStore.open(config, context)

  it('is taken with all its fields, whatever their case', async () => {
    const store = await storeOf(
      `{"cookieName":"gosessionid",${keys},"securityName":"beego","maxage":3600,"secure":true}`,
    )
    expect(store.cookie).toEqual({ cookieLifeTime: 3600, secure: true })
    const other = await storeOf(
      ` {"COOKIENAME":"gosessionid",${keys.replace('securityKey', 'SecurityKey')},"securityname":"beego","maxAge":0}`,
    )
    expect(other.cookie).toEqual({ cookieLifeTime: 0 })
    expect(other.open(store.seal(Buffer.alloc(9), expiresAt))).toBeDefined()
  })

  it('leaves to the manager what it does not say', async () => {
    expect((await storeOf(`{${keys}}`)).cookie).toEqual({})
  })

  it('makes another key of the same characters in other fields, and of another securityName', async () => {
    const sealed = (await storeOf(`{${keys}}`)).seal(Buffer.alloc(9), expiresAt)
    for (const other of [
      '{"securityKey":"beegocookiehashke","blockKey":"y0123456789abcdef"}',
      '{"securityKey":"beegocookiehashkey0123456789abcdef"}',
      `{${keys},"securityName":"beego"}`,
    ])
      expect((await storeOf(other)).open(sealed)).toBe(undefined)
    expect((await storeOf(`{${keys},"securityName":""}`)).open(sealed)).toBeDefined()
  })

  it('sets the lifetime and Secure of the cookie', async () => {
    const config = `{${keys},"maxage":7200,"secure":true}`
    await using manager = await newManager('cookie', COOKIE, 3600, config)
    const response = await manager.handle(new Request('https://localhost/'), session => {
      session.set('username', 'astaxie')
      return new Response()
    })
    expect(response.headers.getSetCookie()[0]).toMatch(
      /; Max-Age=7200; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    )
    await expect(
      newManager('cookie', { cookieName: COOKIE, providerConfig: config, cookieLifeTime: 60 }),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  it.each([
    ['"always"', undefined],
    ['true', 'always'],
    ['"always"', 'always'],
  ] as const)(
    'takes secure: %s, with secure: %s of the manager, for a proxy that says nothing',
    async (given, secure) => {
      const providerConfig = `{${keys},"secure":${given}}`
      await using manager = await newManager('cookie', {
        cookieName: COOKIE,
        providerConfig,
        ...(secure && { secure }),
      })
      const response = await manager.handle(new Request('http://localhost/'), session => {
        session.set('username', 'astaxie')
        return new Response()
      })
      expect(response.headers.getSetCookie()[0]).toMatch(/; Secure$/)
    },
  )
})

it('a secret alone, in a list, and in JSON is the same', async () => {
  const stores = [
    await CookieStore.open(secret, context),
    await CookieStore.open({ secrets: secret, maxCookies: 2 }, context),
    await CookieStore.open({ secrets: [secret] }, context),
    await CookieStore.open(`{"secrets":["${secret}"],"maxCookies":2}`, context),
  ]
  expect(stores.map(store => store.maxCookies)).toEqual([undefined, 2, undefined, 2])
  const sealed = (stores[0] as CookieStore).seal(Buffer.alloc(9), expiresAt)
  for (const store of stores) expect(store.open(sealed)).toBeDefined()
})

it('what needs a server is ERR_UNSUPPORTED', async () => {
  await using manager = await newManager('cookie', { providerConfig: secret })
  expect(manager.capabilities).toMatchObject({ kind: 'sealed', count: false, maxCookies: 3 })
  await expect(manager.getActiveSession()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
})

it('takes numbers as text', async () => {
  const store = await CookieStore.open(`{"securityKey":"${secret}","maxage":"7200"}`, context)
  expect(store.cookie).toEqual({ cookieLifeTime: 7200 })
  for (const maxCookies of ['2', ' 2\n', 2])
    expect(readConfig({ secrets: secret, maxCookies }, COOKIE).maxCookies).toBe(2)
})

it('shows no part of a secret in an error', async () => {
  const pad = '-and-some-more'
  await checkSecrets({
    configs: [
      '{secret}',
      `{secret}${pad}`,
      '{"securityKey":"{secret}"}',
      '{"securityKey":"{secret}","blockKey":"{secret}","maxage":"1h"}',
      '{"cookieName":"gosessionid","securityKey":"{secret}","securityName":"{secret}","secure":"yes"}',
      '{"securityKey":"{secret}","gclifetime":60}',
      '{"secrets":["{secret}"]}',
      '{"secrets":"{secret}","maxCookies":99}',
      { secrets: '{secret}' },
      { secrets: ['{secret}', ''] },
      { secrets: ['{secret}', '{secret}'], maxCookies: '{secret}' },
      { secret: '{secret}' },
      ['{secret}'],
    ],
    open: config => readConfig(config, COOKIE),
  })
})

it('reads texts of 100,000 characters in time that grows with their length alone', () => {
  for (const head of ['', '{', '{"securityKey":"', '{"maxage":"', '{"secrets":["'])
    for (const part of ['a', '"', '\\', '{', '[', ',', '"a":', '1', ' ', '+']) {
      const start = process.cpuUsage()
      for (const end of ['', '"}', '"]}', 'x'])
        try {
          readConfig(head + part.repeat(100_000 / part.length) + end, COOKIE)
        } catch (error) {
          expect(isSessionError(error, 'ERR_CONFIG'), `${head} ${part} ${end}`).toBe(true)
        }
      expect(process.cpuUsage(start).user / 1000, `${head} ${part}`).toBeLessThan(1000)
    }
})
