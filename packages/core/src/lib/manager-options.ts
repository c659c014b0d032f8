import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, systemClock } from './clock.ts'
import { CookieWriter, type FormerCookie, isCookiePlace, isSecureOption, type Secure } from './cookie.ts'
import { SessionError } from './errors.ts'
import { NEVER } from './lifetimes.ts'
import type { EngineCookie } from './sealed-store.ts'
import { type HashFunction, SessionIDs } from './session-id.ts'

/** Options of `newManager`. Lifetimes are in seconds. */
export interface ManagerOptions<Config = unknown> {
  /** Name of the cookie; the prefixes `__Host-` and `__Secure-` are checked. Default `beegosessionID`. */
  cookieName?: string
  /** How long a session lives after its last use, in seconds. Default 3600. */
  maxLifetime?: number
  /** How long a session lives at most, in seconds, however much it is used. Default 0: no such limit. */
  absoluteLifetime?: number
  /**
   * A session that is only read is extended at most once in this time, in seconds, so that reading does not
   * write. Less than `maxLifetime` and `cookieLifeTime`, or 0xffffffff: never, as you extend sessions yourself. Default: a tenth of its lifetime, or of its cookie's if that is
   * shorter.
   */
  touchEvery?: number
  /**
   * How often expired sessions are swept, in seconds, where the engine needs it; 0: never, but by `gc()`. The timer
   * keeps no process alive. Default: `maxLifetime`, at most an hour.
   */
  sweepEvery?: number
  /** How long the browser keeps the cookie, in seconds. Default 0: until it is closed. */
  cookieLifeTime?: number
  /** What the engine needs to know: the original's string, or the engine's own options. Default ''. */
  providerConfig?: Config | undefined
  /**
   * Whether the cookie is for HTTPS only. `true`: yes, and plain HTTP is an error; `false`: no; `'auto'`: as
   * the request came; `'always'`: yes, however the request came, behind a proxy that does the TLS and does not say so.
   * Default `'auto'`.
   */
  secure?: Secure
  /**
   * How many proxies of yours stand before the server, whose `Forwarded` or `X-Forwarded-Proto` tells how the request
   * came. `true` is one. Each proxy adds to the end of a list, and what stands before that comes from the client.
   * Default false: none.
   */
  trustProxy?: boolean | number
  /** The keyed hash that tags ids: a name that Node knows, or a function. Default `sha1`. Unused without `hashKey`. */
  hashFunc?: string | HashFunction
  /**
   * The secret that tags ids, so that a made-up one is told without asking the backend. A list rotates: the
   * first signs, all are accepted, and an id with the tag of another is renewed. An empty string in the list is for
   * ids without a tag, while the first key comes (`['new', '']`) or the last one goes (`['', 'old']`). Default '': no tag.
   */
  hashKey?: string | readonly string[] | undefined
  /** What every id begins with: at most 64 letters, digits, `.`, `_`, `:`, `~` and `-`. Default ''. */
  idPrefix?: string
  /** Random bytes of an id, 16 to 64; the cookie has two characters for each. Default 16. */
  idLength?: number
  /** Whether the id is sent. Without it the application hands out `sess.sessionID()` by itself. Default true. */
  setCookie?: boolean
  /**
   * The request and response header that the id travels in, in place of a cookie, for clients that keep none,
   * e.g. `Beegosessionid`. Default: none, the cookie.
   */
  headerName?: string
  /** `Domain` of the cookie. Default: this host only. */
  domain?: string
  /** `Path` of the cookie. Default `/`. */
  path?: string
  /**
   * Domains and paths that the cookie had before, e.g. `[{ domain: 'example.org' }, { path: '/shop' }]`. Browsers send
   * such cookies beside the new one. The newest session counts, and the cookies of these places are cleared. With
   * `domain` the place without a domain is one of them. Default: none.
   */
  formerCookies?: readonly FormerCookie[]
  /** `SameSite` of the cookie. Default `lax`. */
  sameSite?: 'lax' | 'strict' | 'none'
  /** `HttpOnly` of the cookie: scripts can't read it. Default true. */
  httpOnly?: boolean
  /** `Partitioned` of the cookie (CHIPS). Default false. */
  partitioned?: boolean
  /** The most that a read, a save or another operation on the backend may take, in milliseconds. Default 5000. */
  timeout?: number
  /** Where the time comes from. Default: the global `Date`, also one that replaces it later. */
  clock?: Clock
  /**
   * Answers a Node request whose session could not be saved, in place of what the handler wrote. Nothing has
   * been sent yet. Default: a plain 500.
   */
  onSaveError?: (error: unknown, req: IncomingMessage, res: ServerResponse) => void
}

export type CheckedOptions = Required<
  Omit<ManagerOptions, 'domain' | 'headerName' | 'touchEvery' | 'sweepEvery' | 'hashKey'>
> & {
  headerName: string | undefined
  domain: string | undefined
  touchEvery: number | undefined
  sweepEvery: number | undefined
  hashKey: readonly string[]
}

const ID_PREFIX = /^[\w.:~-]{0,64}$/
/** A token (RFC 9110 section 5.6.2), but not a header that means something else. */
const HEADER_NAME = /^(?!(?:set-)?cookie$)[!#$%&'*+\-.^_`|~0-9a-z]+$/i
/** What a timer can wait, in milliseconds; beyond, it would not wait at all. */
const MAX_TIMEOUT = 2 ** 31 - 1
/** What a timer can wait, with some to spare, in seconds. */
const MAX_SWEEP_EVERY = 20 * 86_400

const defaults: CheckedOptions = {
  cookieName: 'beegosessionID',
  maxLifetime: 3600,
  absoluteLifetime: 0,
  touchEvery: undefined,
  sweepEvery: undefined,
  cookieLifeTime: 0,
  providerConfig: '',
  secure: 'auto',
  trustProxy: false,
  hashFunc: 'sha1',
  hashKey: [],
  idPrefix: '',
  idLength: 16,
  setCookie: true,
  headerName: undefined,
  domain: undefined,
  path: '/',
  formerCookies: [],
  sameSite: 'lax',
  httpOnly: true,
  partitioned: false,
  timeout: 5000,
  clock: systemClock,
  onSaveError: (_error, _req, res) => {
    res.statusCode = 500
    res.setHeader('Content-Type', 'text/plain; charset=utf-8')
    res.end('Internal Server Error')
  },
}

/** Fills in what is missing. @throws ERR_CONFIG, naming the option and showing a right one */
export function checkOptions(options: ManagerOptions): CheckedOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    fail('options must be an object', "{ cookieName: 'gosessionid' }")
  for (const name of Object.keys(options))
    if (!Object.hasOwn(defaults, name)) fail(`unknown option '${name}'`, suggestion(name))
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const checked = { ...defaults, ...Object.fromEntries(given) } as CheckedOptions & {
    hashKey: string | readonly string[]
  }

  checkType(checked, 'cookieName', 'string', "'gosessionid'")
  checkType(checked, 'path', 'string', "'/'")
  checkNumber(checked, 'maxLifetime', 1, 3600)
  checkNumber(checked, 'absoluteLifetime', 0, 8 * 3600)
  checkNumber(checked, 'cookieLifeTime', 0, 30 * 86400)
  if (checked.sweepEvery !== undefined) checkNumber(checked, 'sweepEvery', 0, 3600, MAX_SWEEP_EVERY)
  checkNumber(checked, 'timeout', 1, 5000, MAX_TIMEOUT)
  if (checked.touchEvery !== undefined) checkNumber(checked, 'touchEvery', 0, 360)
  checkTouchEvery(checked)
  for (const name of ['httpOnly', 'partitioned', 'setCookie'] as const)
    checkType(checked, name, 'boolean', 'true')
  if (
    typeof checked.trustProxy !== 'boolean' &&
    !(Number.isInteger(checked.trustProxy) && checked.trustProxy >= 0)
  )
    fail('trustProxy must be true, false or how many proxies there are', 'true')
  checkNumber(checked, 'idLength', 16, 16, 64)
  if (typeof checked.idPrefix !== 'string' || !ID_PREFIX.test(checked.idPrefix))
    fail('idPrefix must be at most 64 letters, digits or one of . _ : ~ -', "'app1-'")
  const { headerName } = checked
  if (headerName !== undefined && !(typeof headerName === 'string' && HEADER_NAME.test(headerName)))
    fail('headerName must be the name of a header of your own', "'Beegosessionid'")
  checkFormerCookies(checked.formerCookies)
  if (checked.domain !== undefined) checkType(checked, 'domain', 'string', "'example.org'")
  if (!isSecureOption(checked.secure)) fail("secure must be true, false, 'auto' or 'always'", "'auto'")
  if (typeof checked.hashFunc !== 'string' && typeof checked.hashFunc !== 'function')
    fail('hashFunc must be the name of a hash or a function', "'sha256'")
  if (typeof checked.clock?.now !== 'function') fail('clock must have a method now()', 'Date')
  checkType(checked, 'onSaveError', 'function', '(error, req, res) => …')
  const hashKey = checkHashKeys(checked.hashKey)
  // What the manager would refuse is refused here, before an engine is opened that nobody would close.
  new CookieWriter({ ...checked, name: checked.cookieName })
  new SessionIDs(checked).setHashFunc(checked.hashFunc, hashKey)
  return { ...checked, hashKey }
}

/** The options with what the engine's own configuration says of the cookie. @throws ERR_CONFIG if both say it */
export function withEngineCookie(options: CheckedOptions, cookie: EngineCookie = {}): CheckedOptions {
  // Secure in both words, and one of them says more.
  const isStricter = options.secure === 'always' && cookie.secure === true
  for (const name of ['cookieLifeTime', 'secure'] as const)
    if (
      cookie[name] !== undefined &&
      options[name] !== defaults[name] &&
      options[name] !== cookie[name] &&
      !(name === 'secure' && isStricter)
    )
      fail(`${name} is ${options[name]}, but providerConfig says ${cookie[name]}`, 'leave one of them out')
  const secure = isStricter ? 'always' : (cookie.secure ?? options.secure)
  const merged = { ...options, ...cookie, secure }
  checkTouchEvery(merged)
  return merged
}

/** An extension has to come before the session or its cookie ends. */
function checkTouchEvery({ touchEvery = 0, maxLifetime, cookieLifeTime }: CheckedOptions): void {
  if (touchEvery === NEVER) return
  for (const [name, seconds] of Object.entries({ maxLifetime, cookieLifeTime }))
    if (touchEvery > 0 && seconds > 0 && touchEvery >= seconds)
      fail(
        `touchEvery is ${touchEvery}, but must be less than ${name}, which is ${seconds}`,
        `${Math.ceil(seconds / 10)}`,
      )
}

/** The keys as a list. An empty one beside others is for ids without a tag; alone it stands for none. */
export function checkHashKeys(hashKey: string | readonly string[]): string[] {
  const keys = typeof hashKey === 'string' ? [hashKey] : hashKey
  if (!Array.isArray(keys) || keys.some(key => typeof key !== 'string'))
    fail('hashKey must be a string or a list of strings', "['new secret', 'old secret']")
  return keys.some(key => key !== '') ? [...keys] : []
}

function checkFormerCookies(places: unknown): void {
  if (!Array.isArray(places) || !places.every(isFormerCookie))
    fail(
      'formerCookies must be a list of domains and paths',
      "[{ domain: 'example.org' }, { path: '/shop' }]",
    )
}

function isFormerCookie(place: unknown): place is FormerCookie {
  if (typeof place !== 'object' || place === null) return false
  const { domain, path = '/', ...unknown } = place as Record<string, unknown>
  return isCookiePlace(domain, path) && Object.keys(unknown).length === 0
}

function checkType(options: CheckedOptions, name: keyof CheckedOptions, type: string, example: string): void {
  if (typeof options[name] !== type) fail(`${name} must be a ${type}`, example)
}

function checkNumber(
  options: CheckedOptions,
  name: keyof CheckedOptions,
  least: number,
  example: number,
  most = 0xffffffff,
): void {
  const value = options[name]
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    fail(`${name} must be a whole number from ${least} to ${most}`, String(example))
}

function suggestion(name: string): string {
  const meant = Object.keys(defaults).find(option => option.toLowerCase() === name.toLowerCase())
  return meant ?? Object.keys(defaults).join(', ')
}

function fail(what: string, example: string): never {
  throw new SessionError('ERR_CONFIG', `newManager: ${what}; e.g. ${example}`)
}
