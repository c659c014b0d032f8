import { join } from 'node:path'
import { openSessions } from '@sess/config'
import { isSessionError, register, SessionError } from '@sess/core'
import '@sess/file'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'
import { configError, newConf, newDirectory } from './support/conf.ts'
import { managerOf, visitTwice } from './support/visit.ts'

it('starts from the lines of the documents, in memory', async () => {
  const manager = managerOf(await openSessions(await newConf('sessionon = true\n')))
  expect(await visitTwice(manager)).toMatch(/^beegosessionID=[0-9a-f]{32}; Path=\/; HttpOnly; SameSite=Lax$/)
})

it('starts from the lines of the documents, in files', async () => {
  const directory = join(await newDirectory(), 'tmp')
  const path = await newConf(`
appname = beepkg
httpport = 9090
runmode = "dev"
sessionon = true
sessionprovider = "file"
sessionproviderconfig = "${directory}"
[dev]
sessionname = gosessionid
sessiongcmaxlifetime = 60
sessioncookielifetime = 120
sessionhashfunc = sha1
sessionhashkey = sessionidkey
`)
  const manager = managerOf(await openSessions(path))
  expect(await visitTwice(manager)).toMatch(/^gosessionid=[0-9a-f]{64}; Max-Age=120; /)
  expect(await manager.getActiveSession()).toBe(1)
  expect(existsSync(directory)).toBe(true)
})

it('starts from an object, and takes options of newManager over it', async () => {
  const directory = join(await newDirectory(), 'tmp')
  const config = { sessionOn: true, sessionProvider: 'file', sessionProviderConfig: { directory } } as const
  const options = { cookieName: 'other', timeout: 1000 }
  const manager = managerOf(await openSessions({ ...config, sessionName: 'one' }, options))
  expect(await visitTwice(manager)).toMatch(/^other=/)
  expect(existsSync(directory)).toBe(true)
})

it('sends the id in a header', async () => {
  const manager = managerOf(await openSessions({ sessionOn: true, sessionEnableSidInHTTPHeader: true }))
  const response = await manager.handle(new Request('http://localhost/'), session => {
    session.set('asta', 1)
    return new Response(session.sessionID())
  })
  expect(response.headers.get('Beegosessionid')).toBe(await response.text())
  expect(response.headers.getSetCookie()).toEqual([])
})

it('sweeps by itself, as beego does', async () => {
  const directory = join(await newDirectory(), 'tmp')
  let now = 1_800_000_000_000
  const config = { sessionOn: true, sessionProvider: 'file', sessionProviderConfig: directory } as const
  const options = { clock: { now: () => now } }
  const first = managerOf(await openSessions(config, options))
  await first
    .getProvider()
    .sessionRead('abcdef')
    .then(async store => {
      store.set('asta', 1)
      await store.sessionRelease()
    })
  const file = join(directory, 'a', 'b', 'abcdef')
  expect(existsSync(file)).toBe(true)
  now += 7200_000
  managerOf(await openSessions(config, { ...options, sweepEvery: 1 }))
  await expect.poll(() => existsSync(file), { timeout: 10_000 }).toBe(false)
})

it.each([
  [
    'sessionname = x',
    (path: string) => `sessionOn is not set (${path}), and without it there are no sessions: set it to true`,
  ],
  [
    '\nsessionon = false',
    (path: string) => `sessionOn is false (${path}:2): set it to true to have sessions`,
  ],
])('says why there are no sessions after %j', async (text, why) => {
  const path = await newConf(`${text}\nsessionprovider = nosuch`)
  expect(await openSessions(path)).toEqual({ sessionOn: false, why: why(path) })
})

it.each([
  [
    'sessionprovider = nosuch',
    "sessionProvider: No session engine named 'nosuch' is registered. Registered: memory, file",
  ],
  [
    'sessionprovider = couchbase',
    "sessionProvider: No session engine named 'couchbase' is registered. Install @sess/couchbase",
  ],
  ['sessionname = a b', 'sessionName: cookieName must be letters, digits or one of'],
  [
    'sessionhashfunc = sha0',
    "sessionHashFunc: hashFunc 'sha0' is not known to this Node: use e.g. 'sha1' or 'sha256'",
  ],
  ['sessiondomain = exa mple', "sessionDomain: domain must be a host name, e.g. 'example.org'"],
  ['sessionidprefix = p/', 'sessionIDPrefix: newManager: idPrefix must be at most 64 letters'],
  [
    'sessionproviderconfig = ./tmp',
    "sessionProviderConfig: providerConfig of the memory engine is a string; it must be ''",
  ],
  [
    'sessionconfig = {"secure":false,"cookieSameSite":4}',
    "secure: secure: false contradicts sameSite: 'none'",
  ],
])('says where the mistake is that the manager finds: %s', async (text, message) => {
  const path = await newConf(`sessionon = true\n${text}`)
  const error = await configError(() => openSessions(path))
  expect(error.startsWith(`${path}:2: ${message}`), error).toBe(true)
})

it('says where the mistake is that the engine finds', async () => {
  const lines = 'sessionon = true\nsessionprovider = file\nsessionproviderconfig = file:///tmp'
  const path = await newConf(lines)
  expect(await configError(() => openSessions(path))).toMatch(
    `${path}:3: sessionProviderConfig: providerConfig of the file engine: 'directory' must be a path and not a URL`,
  )
})

it('names the file and the key where a key is missing', async () => {
  register('demanding', () => {
    throw new SessionError('ERR_CONFIG', 'providerConfig of the demanding engine must be a secret')
  })
  const path = await newConf('sessionon = true\nsessionprovider = demanding')
  expect(await configError(() => openSessions(path))).toBe(
    `${path}: sessionProviderConfig: providerConfig of the demanding engine must be a secret`,
  )
})

it('leaves mistakes in the options to the manager', async () => {
  const path = await newConf('sessionon = true\nsessionname = x')
  const unknown = await configError(() => openSessions(path, { tiemout: 5 } as object))
  expect(unknown).toMatch(/^newManager: unknown option 'tiemout'/)
  expect(await configError(() => openSessions(path, { cookieName: 'a b' }))).toMatch(/^cookieName must be/)
})

it('takes options that are undefined for not given', async () => {
  const options = { cookieName: undefined } as object
  const manager = managerOf(await openSessions({ sessionOn: true, sessionName: 'mine' }, options))
  expect(await visitTwice(manager)).toMatch(/^mine=/)
})

it('keeps what the manager has said as the cause', async () => {
  const error = await openSessions({ sessionOn: true, sessionProvider: 'nosuch' }).catch(error => error)
  expect(error.message).toMatch(/^config: sessionProvider: No session engine named 'nosuch'/)
  expect(isSessionError(error.cause, 'ERR_PROVIDER_UNKNOWN')).toBe(true)
})
