import { SessionError } from './errors.ts'

/**
 * Whether a cookie is Secure. `true`: yes, and plain HTTP is an error; `false`: no; `'auto'`: as the request came;
 * `'always'`: yes, however the request came, as a proxy does the TLS and does not say so.
 */
export type Secure = boolean | 'auto' | 'always'

/** How the session cookie is sent. */
export interface CookieOptions {
  readonly name: string
  readonly domain: string | undefined
  readonly path: string
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly secure: Secure
  /** Where the cookie was before. */
  readonly formerCookies?: readonly FormerCookie[]
}

/** A domain and a path that the cookie had before. */
export interface FormerCookie {
  /** Default: this host only. */
  readonly domain?: string
  /** Default `/`. */
  readonly path?: string
}

/** The attributes of a cookie, as one response has them. */
export interface CookieAttributes {
  readonly domain: string | undefined
  readonly path: string
  readonly sameSite: 'lax' | 'strict' | 'none'
  readonly httpOnly: boolean
  readonly partitioned: boolean
  readonly secure: boolean
}

/** The values of all cookies of that name in a `Cookie` header (RFC 6265 section 4.2.1). */
export function cookieValues(header: string | undefined, name: string): string[] {
  const values: string[] = []
  if (header === undefined) return values
  const start = `${name}=`
  for (let at = header.indexOf(start); at !== -1; at = header.indexOf(start, at + 1)) {
    let before = at - 1
    while (header[before] === ' ' || header[before] === '\t') before--
    if (before >= 0 && header[before] !== ';') continue
    const end = header.indexOf(';', at)
    const value = header.slice(at + start.length, end === -1 ? undefined : end).trim()
    values.push(value.startsWith('"') && /^".*"$/.test(value) ? value.slice(1, -1) : value)
  }
  return values
}

/** Writes `Set-Cookie` lines for one set of attributes. */
export class CookieWriter {
  readonly #options: CookieOptions
  readonly #attributes: string
  readonly #former: readonly CookieWriter[]

  /** @throws ERR_CONFIG if the attributes contradict each other or the name's prefix */
  constructor(options: CookieOptions) {
    checkCookieOptions(options)
    this.#options = options
    const { domain, path, httpOnly, sameSite, partitioned, formerCookies = [] } = options
    // Without its domain a cookie is the same browser's, and of no other host.
    const places = domain === undefined ? formerCookies : [{ path }, ...formerCookies]
    this.#former = places
      .map(({ domain, path = '/' }) => ({ domain, path }))
      .filter(place => !isSameDomain(place.domain, domain) || place.path !== path)
      .map(place => new CookieWriter({ ...options, ...place, formerCookies: [] }))
    this.#attributes =
      `; Path=${path}` +
      (domain === undefined ? '' : `; Domain=${domain}`) +
      (httpOnly ? '; HttpOnly' : '') +
      `; SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}` +
      (partitioned ? '; Partitioned' : '')
  }

  attributes(isSecure: boolean): CookieAttributes {
    const { domain, path, sameSite, httpOnly, partitioned } = this.#options
    return { domain, path, sameSite, httpOnly, partitioned, secure: this.#isMarked(isSecure) }
  }

  /** @throws ERR_INSECURE_COOKIE if the browser would drop the cookie */
  checkConnection(isSecure: boolean): void {
    const { secure } = this.#options
    if (isSecure || secure === 'always' || !(secure === true || needsSecure(this.#options))) return
    throw new SessionError(
      'ERR_INSECURE_COOKIE',
      `The session cookie '${this.#options.name}' has to be Secure, but this request came over plain HTTP: ` +
        `serve HTTPS; or set trustProxy behind a proxy that says how a request came, or secure: 'always' behind one ` +
        `that does the TLS and does not say so; or secure: 'auto' if plain HTTP is meant`,
    )
  }

  /** `maxAge` in seconds; 0 lets the cookie end with the browser's session. */
  write(name: string, value: string, maxAge: number, isSecure: boolean): string {
    return `${name}=${value}${maxAge > 0 ? `; Max-Age=${maxAge}` : ''}${this.#end(isSecure)}`
  }

  /** A line that makes the browser forget the cookie. */
  clear(name: string, isSecure: boolean): string {
    return `${name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT${this.#end(isSecure)}`
  }

  /** Whether there are former domains or paths. */
  get hasFormer(): boolean {
    return this.#former.length > 0
  }

  /** Lines that make the browser forget the cookies of that name with former domains and paths. */
  clearFormer(name: string, isSecure: boolean): string[] {
    return this.#former.map(writer => writer.clear(name, isSecure))
  }

  #isMarked(isSecure: boolean): boolean {
    const { secure } = this.#options
    return secure === 'always' || (isSecure && secure !== false)
  }

  #end(isSecure: boolean): string {
    return this.#isMarked(isSecure) ? `${this.#attributes}; Secure` : this.#attributes
  }
}

/** Browsers drop such cookies unless they are Secure (RFC 6265bis sections 4.1.2.7 and 4.1.3, CHIPS). */
function needsSecure({ name, sameSite, partitioned }: CookieOptions): boolean {
  return /^__(?:secure|host|http|host-http)-/i.test(name) || sameSite === 'none' || partitioned
}

/** As browsers compare them. */
function isSameDomain(one = '', other = ''): boolean {
  return one.replace(/^\./, '').toLowerCase() === other.replace(/^\./, '').toLowerCase()
}

/** Whether it is a value for the option `secure`. */
export function isSecureOption(value: unknown): value is Secure {
  return typeof value === 'boolean' || value === 'auto' || value === 'always'
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const HOST = /^\.?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/

/** Browsers ignore larger ones (RFC 6265bis section 5.6); 256 bytes are for the id and its tag. */
const MAX_NAME = 4096 - 256
const MAX_PATH = 1024
const MAX_HOST = 253

/** Whether a cookie can have that domain and path. */
export function isCookiePlace(domain: unknown, path: unknown): boolean {
  const isHost = typeof domain === 'string' && HOST.test(domain) && domain.length <= MAX_HOST
  return (domain === undefined || isHost) && typeof path === 'string' && PATH.test(path)
}

function checkCookieOptions(options: CookieOptions): void {
  const { name, domain, path, sameSite, httpOnly, secure } = options
  const fail = (message: string): never => {
    throw new SessionError('ERR_CONFIG', message)
  }
  if (!TOKEN.test(name))
    fail(`cookieName must be letters, digits or one of !#$%&'*+-.^_\`|~, e.g. 'beegosessionID'`)
  if (name.length > MAX_NAME)
    fail(`cookieName must have at most ${MAX_NAME} characters, e.g. 'beegosessionID'`)
  if (!isCookiePlace(domain, '/')) fail("domain must be a host name, e.g. 'example.org'")
  if (!PATH.test(path)) fail("path must start with '/' and be ASCII without ';', e.g. '/'")
  if (path.length > MAX_PATH) fail(`path must have at most ${MAX_PATH} characters, e.g. '/'`)
  if (!['lax', 'strict', 'none'].includes(sameSite)) fail("sameSite must be 'lax', 'strict' or 'none'")
  if (!isSecureOption(secure)) fail("secure must be true, false, 'auto' or 'always', e.g. 'auto'")
  if (secure === false && needsSecure(options))
    fail(
      `secure: false contradicts ${sameSite === 'none' ? "sameSite: 'none'" : options.partitioned ? 'partitioned' : `the prefix of '${name}'`}: browsers would drop the cookie`,
    )
  if (/^__host-/i.test(name) && (domain !== undefined || path !== '/'))
    fail(`the prefix of '${name}' allows no domain and only path '/'`)
  if (/^__(?:http|host-http)-/i.test(name) && !httpOnly) fail(`the prefix of '${name}' needs httpOnly`)
}
