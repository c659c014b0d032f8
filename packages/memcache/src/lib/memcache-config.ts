import { checkConfigObject, configError, isHost, readNumber, type SessionError } from '@sess/core/engine'
import { type ClientSettings, isClient, type MemcacheClient } from './memcache-client.ts'

/**
 * Options of the memcache engine. `providerConfig` may also be the servers alone, as a string, or a client of
 * memjs.
 */
export interface MemcacheConfig {
  /**
   * The servers: `host:port`, `host` alone for port 11211, or `memcached://user:password@host:port`. In a string
   * they are separated by `;` or `,`. Every process has to name the same ones in the same order. Default
   * `'127.0.0.1:11211'`.
   */
  readonly servers?: string | readonly string[]
  /** For servers that ask for one (SASL, PLAIN) and have none of their own in `servers`. */
  readonly username?: string
  /** Goes with `username`. */
  readonly password?: string
  /** What all keys begin with: up to 180 printable ASCII characters and no space. Default `'sess:id:'`. */
  readonly prefix?: string
  /** Whether idle connections are probed, so that nothing on the way forgets them. Default `true`. */
  readonly keepAlive?: boolean
  /** How long a connection is idle before it is probed, in seconds. Default 30. */
  readonly keepAliveDelay?: number | string
  /**
   * A client of memjs to use in place of one of the engine's own. It is never closed; of its settings only the
   * servers, their credentials and time-outs and `getServer` apply to sessions.
   */
  readonly client?: MemcacheClient
}

/** One server. */
export interface Address {
  readonly host: string
  readonly port: number
  readonly username: string | undefined
  readonly password: string | undefined
}

export interface MemcacheSettings extends ClientSettings {
  readonly prefix: string
  readonly client: MemcacheClient | undefined
}

const defaults = {
  servers: '127.0.0.1:11211' as string | readonly string[],
  username: undefined as string | undefined,
  password: undefined as string | undefined,
  prefix: 'sess:id:',
  keepAlive: true,
  keepAliveDelay: 30 as number | string,
  client: undefined as MemcacheClient | undefined,
}

type Given = typeof defaults

const MAX_PREFIX = 180

const example = `servers, e.g. '10.0.0.1:11211;10.0.0.2:11211', an object, e.g. { servers: '127.0.0.1:11211' }, or a client of memjs`

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): MemcacheSettings {
  const given = fieldsOf(config)
  const settings: Given = { ...defaults, ...given }
  const { username, password, prefix, keepAlive, client } = settings
  const keepAliveDelay = readNumber(settings.keepAliveDelay)
  if (client !== undefined) checkClient(given)
  checkCredentials(username, password)
  if (typeof prefix !== 'string' || prefix.length > MAX_PREFIX || !/^[!-~]*$/.test(prefix))
    throw wrong(
      `: 'prefix' must be up to ${MAX_PREFIX} printable ASCII characters without a space, e.g. { prefix: 'sess:id:' }`,
    )
  if (typeof keepAlive !== 'boolean')
    throw wrong(`: 'keepAlive' must be true or false, e.g. { keepAlive: true }`)
  if (typeof keepAliveDelay !== 'number' || !Number.isFinite(keepAliveDelay) || keepAliveDelay <= 0)
    throw wrong(`: 'keepAliveDelay' must be seconds, more than 0, e.g. { keepAliveDelay: 30 }`)
  const servers = readServers(settings)
  return { client, servers, prefix, keepAlive, keepAliveDelay }
}

/** The fields that are set. */
function fieldsOf(config: unknown): Partial<Given> {
  if (typeof config === 'string') return config === '' ? {} : { servers: config }
  if (isClient(config)) return { client: config }
  const set = Object.entries(checkConfigObject('memcache', config, example)).filter(
    ([, value]) => value !== undefined,
  )
  for (const [field] of set)
    if (!Object.hasOwn(defaults, field)) throw wrong(`has an unknown field '${field}'; it must be ${example}`)
  return Object.fromEntries(set)
}

function checkClient(given: Partial<Given>): void {
  const { client } = given
  if (!isClient(client) || client.servers.length === 0)
    throw wrong(`: 'client' must be a client of memjs, e.g. { client: Client.create('127.0.0.1:11211') }`)
  for (const field of Object.keys(given))
    if (field !== 'client' && field !== 'prefix')
      throw wrong(`: '${field}' is for a client of the engine's own; give it to 'client' where you make that`)
}

function checkCredentials(username: unknown, password: unknown): void {
  for (const [field, value] of Object.entries({ username, password }))
    if (value !== undefined && (typeof value !== 'string' || value === '' || value.includes('\0')))
      throw wrong(`: '${field}' must be a text that is not empty`)
  if ((username === undefined) !== (password === undefined))
    throw wrong(`: 'username' and 'password' go together, e.g. { username: 'app', password: '…' }`)
}

const scheme = /^memcached?:\/\//i

function readServers({ servers, username, password }: Given): Address[] {
  const separated = typeof servers === 'string' ? servers.split(/[;,]/) : servers
  if (!Array.isArray(separated)) throw wrong(`: 'servers' must be ${example}`)
  const entries = separated
    .map(entry => (typeof entry === 'string' ? entry.trim() : entry))
    .filter(entry => entry !== '')
  if (entries.length === 0) throw wrong(`: 'servers' names none, e.g. { servers: '127.0.0.1:11211' }`)
  return entries.map((entry, i) => {
    // A password with a comma in it would make its beginning a host.
    const isRest = i > 0 && typeof servers === 'string' && entry.includes('@') && !scheme.test(entry)
    return { username, password, ...readServer(isRest ? undefined : entry, i + 1) }
  })
}

type ReadServer = Pick<Address, 'host' | 'port'> & Partial<Address>

function readServer(entry: unknown, number: number): ReadServer {
  const server = typeof entry === 'string' ? parseServer(entry) : undefined
  if (server !== undefined) return server
  // It is not shown, because it may hold a password.
  throw wrong(
    `: entry ${number} of 'servers' must be host:port, e.g. '127.0.0.1:11211', or a URL, e.g. 'memcached://user:password@127.0.0.1:11211', with whatever is special in the password percent-encoded`,
  )
}

function parseServer(entry: string): ReadServer | undefined {
  try {
    const url = new URL(`memcached://${entry.replace(scheme, '')}`)
    const [username, password] = [url.username, url.password].map(decodeURIComponent) as [string, string]
    const isMore = !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== ''
    const host = url.hostname.replace(/^\[|\]$/g, '')
    if (!isHost(host) || url.port === '0' || isMore || (username === '') !== (password === '')) return
    const credentials = username === '' ? {} : { username, password }
    return { host, port: Number(url.port || 11211), ...credentials }
  } catch {
    return undefined
  }
}

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  return configError('memcache', problem, cause)
}
