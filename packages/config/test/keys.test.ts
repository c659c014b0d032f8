import { readConfig, type SessionsConfig } from '@sess/config'
import type { ManagerOptions } from '@sess/core'
import { expect, it } from 'vitest'
import { configError, newConf, setEnvironment } from './support/conf.ts'

const defaults: ManagerOptions = {
  cookieName: 'beegosessionID',
  maxLifetime: 3600,
  providerConfig: '',
  hashFunc: 'sha1',
  cookieLifeTime: 0,
}

it('has the defaults of the documents', async () => {
  const settings = { sessionOn: false, provider: 'memory', options: defaults }
  expect(readConfig({})).toEqual(settings)
  expect(readConfig(await newConf(''))).toEqual(settings)
})

it('keeps what is not about sessions out of it', async () => {
  const path = await newConf(
    'appname = beepkg\nhttpport = many\nEnableXSRF = maybe\n[mysql]\nsessionless = 1',
  )
  expect(readConfig(path).options).toEqual(defaults)
})

/** What a line of a file, and a setting of an object, become. */
const table: [line: string, config: SessionsConfig, options: ManagerOptions][] = [
  ['SessionName = gosessionid', { sessionName: 'gosessionid' }, { cookieName: 'gosessionid' }],
  ['sessiongcmaxlifetime = 60', { sessionGCMaxLifetime: 60 }, { maxLifetime: 60 }],
  ['sessiongcmaxlifetime = +060', { sessionGCMaxLifetime: 60 }, { maxLifetime: 60 }],
  ['SessionHashFunc = sha256', { sessionHashFunc: 'sha256' }, { hashFunc: 'sha256' }],
  ['SessionHashKey = s#c;ret', { sessionHashKey: 's#c;ret' }, { hashKey: 's#c;ret' }],
  ['sessioncookielifetime = 7200', { sessionCookieLifeTime: 7200 }, { cookieLifeTime: 7200 }],
  ['sessiondomain = example.org', { sessionDomain: 'example.org' }, { domain: 'example.org' }],
  ['sessiondomain = ""', { sessionDomain: '' }, {}],
  ['sessioncookiesamesite = 1', { sessionCookieSameSite: 1 }, {}],
  ['sessioncookiesamesite = 2', { sessionCookieSameSite: 2 }, { sameSite: 'lax' }],
  ['sessioncookiesamesite = 3', { sessionCookieSameSite: 3 }, { sameSite: 'strict' }],
  ['sessioncookiesamesite = 4', { sessionCookieSameSite: 4 }, { sameSite: 'none' }],
  ['sessioncookiesamesite = Default', { sessionCookieSameSite: 'default' }, {}],
  ['sessioncookiesamesite = Lax', { sessionCookieSameSite: 'lax' }, { sameSite: 'lax' }],
  ['sessioncookiesamesite = STRICT', { sessionCookieSameSite: 'strict' }, { sameSite: 'strict' }],
  ['sessioncookiesamesite = none', { sessionCookieSameSite: 'none' }, { sameSite: 'none' }],
  ['sessiondisablehttponly = true', { sessionDisableHTTPOnly: true }, { httpOnly: false }],
  ['sessiondisablehttponly = false', { sessionDisableHTTPOnly: false }, { httpOnly: true }],
  ['sessionautosetcookie = false', { sessionAutoSetCookie: false }, { setCookie: false }],
  ['sessionidprefix = app1-', { sessionIDPrefix: 'app1-' }, { idPrefix: 'app1-' }],
  ['sessiongcmaxlifetime = 1', { sessionGCMaxLifetime: 1 }, { maxLifetime: 1 }],
  ['sessiongcmaxlifetime = 4294967295', { sessionGCMaxLifetime: 4294967295 }, { maxLifetime: 4294967295 }],
  ['sessionidlength = 32', { sessionIDLength: 32 }, { idLength: 32 }],
  [
    'sessionenablesidinhttpheader = on',
    { sessionEnableSidInHTTPHeader: true },
    { headerName: 'Beegosessionid' },
  ],
  ['sessionnameinhttpheader = X-Sid', { sessionNameInHTTPHeader: 'X-Sid' }, {}],
  [
    'sessionenablesidinhttpheader = on\nsessionnameinhttpheader = X-Sid\nsessionautosetcookie = off',
    { sessionEnableSidInHTTPHeader: true, sessionNameInHTTPHeader: 'X-Sid', sessionAutoSetCookie: false },
    { headerName: 'X-Sid' },
  ],
  ['sessionenablesidinurlquery = false', { sessionEnableSidInURLQuery: false }, {}],
  [
    'SessionSavePath = ./tmp',
    { sessionProvider: 'file', sessionProviderConfig: './tmp' },
    { providerConfig: './tmp' },
  ],
]

it.each(table)('%s', async (line, config, options) => {
  expect(readConfig(await newConf(line)).options).toEqual({ ...defaults, ...options })
  expect(readConfig(config).options).toEqual({ ...defaults, ...options })
})

it.each([
  ['mysql', 'username:password@protocol(address)/dbname?param=value'],
  ['mysql', 'user:p#ss@tcp(127.0.0.1:3306)/app?charset=utf8&timeout=3s'],
  ['redis', '127.0.0.1:6379,100,astaxie'],
  ['redis_cluster', '127.0.0.1:6379;127.0.0.1:6380,100,test,0'],
  ['memcache', '127.0.0.1:7080'],
  ['postgresql', 'postgres://pqgotest:password@localhost/pqgotest?sslmode=verify-full'],
  ['postgresql', "user=a password='b c' dbname=d"],
  ['couchbase', 'http://bucketname:bucketpass@myserver:8091'],
  ['cookie', '{"cookieName":"gosessionid","securityKey":"beegocookiehashkey"}'],
  ['file', '..\\tmp'],
])('hands the %s engine %s as it is', async (provider, config) => {
  const path = await newConf(`sessionprovider = ${provider}\nsessionproviderconfig = ${config}`)
  const read = { sessionOn: false, provider, options: { ...defaults, providerConfig: config } }
  expect(readConfig(path)).toEqual(read)
  expect(readConfig({ sessionProvider: provider, sessionProviderConfig: config })).toEqual(read)
})

it('takes what only an object can hold', () => {
  const client = {}
  const hashFunc = () => new Uint8Array(16)
  const config = { sessionProvider: 'own', sessionProviderConfig: client, sessionHashFunc: hashFunc }
  const { options } = readConfig({ ...config, sessionHashKey: ['new', 'old'] } as unknown as SessionsConfig)
  expect(options).toEqual({ ...defaults, providerConfig: client, hashFunc, hashKey: ['new', 'old'] })
  expect(options.providerConfig).toBe(client)
})

it('takes what is empty or undefined for not set', async () => {
  const path = await newConf('sessionon =\nsessionname =\nsessiongcmaxlifetime = ""\nsessiondomain =')
  expect(readConfig(path)).toEqual({ sessionOn: false, provider: 'memory', options: defaults })
  const config = { sessionOn: undefined, sessionName: undefined } as unknown as SessionsConfig
  expect(readConfig(config).options).toEqual(defaults)
})

it.each([
  ['1 t T true TRUE True YES yes Yes Y y ON on On "true"', true],
  ['0 f F false FALSE False NO no No N n OFF off Off', false],
])('reads the words of the original for true and false: %s', async (words, value) => {
  for (const word of words.split(' '))
    expect(readConfig(await newConf(`sessionon = ${word}`)).sessionOn, word).toBe(value)
})

it.each([
  ['sessionon = maybe', 'sessionOn must be true or false'],
  ['sessionon = tRuE', 'sessionOn must be true or false'],
  ['SESSIONAUTOSETCOOKIE = 2', 'sessionAutoSetCookie must be true or false'],
  [
    'sessiongcmaxlifetime = 1h',
    'sessionGCMaxLifetime must be a whole number of seconds from 1 to 4294967295, e.g. 3600',
  ],
  ['sessiongcmaxlifetime = 0', 'sessionGCMaxLifetime must be a whole number of seconds from 1'],
  ['sessiongcmaxlifetime = 1.5', 'sessionGCMaxLifetime must be a whole number'],
  ['sessiongcmaxlifetime = 4294967296', 'sessionGCMaxLifetime must be a whole number'],
  ['sessioncookielifetime = -1', 'sessionCookieLifeTime must be a whole number of seconds from 0 to'],
  ['sessionidlength = 8', 'sessionIDLength must be a whole number of random bytes from 16 to 64, e.g. 16'],
  [
    'sessioncookiesamesite = 5',
    "sessionCookieSameSite must be 'default', 'lax', 'strict' or 'none', or the original's 1,",
  ],
  ['sessioncookiesamesite = loose', "sessionCookieSameSite must be 'default'"],
  ['SessionNmae = x', "unknown key 'sessionnmae'; there are sessionOn, sessionProvider, "],
  ['session = on', "unknown key 'session'; "],
  ['sessionenablesidinurlquery = true', 'sessionEnableSidInURLQuery cannot be true: ids in URLs leak'],
  [
    'sessionsavepath = a\nsessionproviderconfig = b',
    'sessionproviderconfig and sessionsavepath (PATH:2) are two names of',
  ],
])('refuses the line %j', async (text, message) => {
  const path = await newConf(`appname = x\n${text}`)
  const line = 1 + text.split('\n').length
  const error = await configError(() => readConfig(path))
  expect(error.startsWith(`${path}:${line}: ${message.replace('PATH', path)}`), error).toBe(true)
})

it.each([
  [{ sessionOn: 'true' }, 'config: sessionOn must be true or false'],
  [{ sessionOn: 1 }, 'config: sessionOn must be true or false'],
  [{ sessionName: 5 }, "config: sessionName must be a string, e.g. 'beegosessionID'"],
  [{ sessionProvider: {} }, "config: sessionProvider must be a string, e.g. 'redis'"],
  [{ sessionProviderConfig: 5 }, "config: sessionProviderConfig must be a string, e.g. '127.0.0.1:6379'"],
  [{ sessionProviderConfig: null }, 'config: sessionProviderConfig must be a string'],
  [{ sessionGCMaxLifetime: '60' }, 'config: sessionGCMaxLifetime must be a whole number'],
  [{ sessionHashFunc: 5 }, "config: sessionHashFunc must be a string, e.g. 'sha1'"],
  [{ sessionHashKey: ['a', 5] }, 'config: sessionHashKey must be a string'],
  [{ sessionCookieSameSite: 'Lax' }, "config: sessionCookieSameSite must be 'default', 'lax',"],
  [{ sessionCookieSameSite: '2' }, "config: sessionCookieSameSite must be 'default'"],
  [{ sessionEnableSidInURLQuery: true }, 'config: sessionEnableSidInURLQuery cannot be true'],
  [{ SessionOn: true }, "config: unknown key 'SessionOn'; it is spelt 'sessionOn'"],
  [
    { sessionSavePath: './tmp' },
    "config: unknown key 'sessionSavePath'; it is spelt 'sessionProviderConfig'",
  ],
  [{ cookieName: 'x' }, "config: unknown key 'cookieName'; there are sessionOn, sessionProvider,"],
  [{ toString: 'x' }, "config: unknown key 'toString'; there are"],
  [
    null,
    "config: must be the path of an app.conf, or an object, e.g. { sessionOn: true, sessionProvider: 'file' }",
  ],
  [[], 'config: must be the path of an app.conf'],
  [5, 'config: must be the path of an app.conf'],
])('refuses the object %j', async (config, message) => {
  const error = await configError(() => readConfig(config as SessionsConfig))
  expect(error.startsWith(message), error).toBe(true)
})

it('does not read the environment over an object', () => {
  setEnvironment({ SESS_SESSIONNAME: 'elsewhere' })
  expect(readConfig({ sessionName: 'here' }).options.cookieName).toBe('here')
})
