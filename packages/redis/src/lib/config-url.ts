import { isPort } from './address.ts'
import type { RedisConfig, RedisEngineName } from './redis-config.ts'
import { wrong } from './wrong.ts'

/** What a URL says, as options of ioredis. */
export interface UrlOptions {
  readonly host?: string
  readonly port?: number
  readonly path?: string
  readonly username?: string
  readonly password?: string
  readonly db?: number
  readonly tls?: object
  /** `?name=`, of a sentinel's master. */
  readonly name?: string
}

const example = `e.g. 'redis://user:password@127.0.0.1:6379/0', 'rediss://…' for TLS, or 'unix:///run/redis.sock?db=0'`
const schemes = ['redis:', 'rediss:', 'unix:', 'redis+unix:']

export function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(text)
}

/** One URL, or several with `;` or `,` between them. */
export function parseUrls(text: string, name: RedisEngineName): RedisConfig {
  const urls = text.split(/[;,]\s*(?=[a-z][a-z\d+.-]*:\/\/)/i).map(url => parseUrl(url, name))
  const [first] = urls as [UrlOptions]
  if (name === 'redis') {
    if (urls.length > 1)
      throw wrong(`names several servers: those of a cluster are for newManager('redis_cluster', …)`)
    return first as RedisConfig
  }
  if (urls.some(({ path }) => path !== undefined))
    throw wrong(`: a ${name === 'redis_cluster' ? 'cluster' : 'sentinel'} is not reached by a unix socket`)
  const options = Object.fromEntries(
    (['username', 'password', 'db'] as const).flatMap(field => {
      const value = agreed(urls, field)
      return value === undefined ? [] : [[field, value]]
    }),
  )
  const tls = first.tls === undefined ? {} : { tls: {} }
  if (urls.some(url => (url.tls === undefined) !== (first.tls === undefined)))
    throw wrong(`: its URLs must all begin with redis:// or all with rediss://`)
  const addresses = urls.map(({ host = '127.0.0.1', port }) => (port ? { host, port } : { host }))
  if (name === 'redis_cluster') return { ...options, ...tls, cluster: { nodes: addresses } }
  const master = agreed(urls, 'name')
  const sentinels = { sentinels: addresses, ...(master === undefined ? {} : { name: master }) }
  return { ...options, ...tls, sentinel: { ...sentinels, ...(first.tls ? { sentinelTLS: {} } : {}) } }
}

/** @throws ERR_CONFIG, which does not show the URL: it may hold a password */
export function parseUrl(text: string, name: RedisEngineName): UrlOptions {
  if (!URL.canParse(text)) throw wrong(`: its URL is not understood; ${example}`)
  const url = new URL(text)
  if (!schemes.includes(url.protocol)) throw wrong(`: its URL is not understood; ${example}`)
  // What follows the server may be the rest of a password, and what is taken for the server its beginning.
  if (/@/.test(url.pathname + url.search + url.hash))
    throw wrong(
      `: its URL has an '@' behind the server: write special characters of a user or password percent-encoded, e.g. '%2F' for '/', '%3F' for '?' and '%23' for '#', and '%40' for an '@' in a path`,
    )
  if (url.hash !== '')
    throw wrong(`: its URL has a '#': write '%23' for one in a user or password; ${example}`)
  const allowed = name === 'redis_sentinel' ? ['db', 'name'] : ['db']
  for (const key of url.searchParams.keys())
    if (!allowed.includes(key))
      throw wrong(
        `: its URL has a parameter other than ${allowed.map(each => `'${each}'`).join(' and ')}; options go into an object, e.g. { url: 'redis://127.0.0.1:6379', connectTimeout: 2000 }, and a '?' in a password is '%3F'`,
      )
  const { username, password, hostname, port, protocol } = url
  const isSocket = protocol.endsWith('unix:')
  const path = decode(url.pathname, 'path')
  const db = readDb(url.searchParams.get('db') ?? (isSocket ? '' : path.slice(1)))
  const master = url.searchParams.get('name')
  const isComplete = isSocket ? path.length > 1 && /^(localhost)?$/.test(hostname) : hostname !== ''
  if (!isComplete) throw wrong(`: its URL names no server; ${example}`)
  if (port !== '' && !isPort(Number(port)))
    throw wrong(`: the port in its URL must be 1 to 65535; ${example}`)
  return {
    ...(isSocket ? { path } : { host: hostname.replace(/^\[|\]$/g, '') }),
    ...(port === '' ? {} : { port: Number(port) }),
    ...(username === '' ? {} : { username: decode(username, 'user') }),
    ...(password === '' ? {} : { password: decode(password, 'password') }),
    ...(db === undefined ? {} : { db }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
    ...(master === null ? {} : { name: master }),
  }
}

function readDb(text: string): number | undefined {
  if (text === '') return undefined
  if (!/^\d{1,9}$/.test(text)) throw wrong(`: the database in its URL must be a number; ${example}`)
  return Number(text)
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong(`: the ${what} in its URL is not percent-encoded: write '%25' for '%'`)
  }
}

/** The one value that the URLs give. */
function agreed<K extends keyof UrlOptions>(urls: readonly UrlOptions[], field: K): UrlOptions[K] {
  const values = new Set(urls.map(url => url[field]).filter(value => value !== undefined))
  if (values.size > 1) throw wrong(`: its URLs differ in '${field}'; give it in one of them`)
  return [...values][0] as UrlOptions[K]
}
