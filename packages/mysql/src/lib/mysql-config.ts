import { isIP } from 'node:net'
import { configError } from '@sess/core/engine'
import { readFlag } from '@sess/sql'
import type { PoolOptions } from 'mysql2'
import { isClient, type MysqlClient, type MysqlPool, poolOf } from './driver.ts'
import { type Dsn, parseDsn } from './dsn.ts'

/**
 * Options of the mysql engine: every option of a pool of mysql2, and those below. `providerConfig` may also be
 * the `uri` alone, or the `client` alone.
 */
export interface MysqlConfig extends PoolOptions {
  /**
   * Where the database is: `'user:password@tcp(127.0.0.1:3306)/app?timeout=3s'` as go-sql-driver has it, or
   * `'mysql://user:password@127.0.0.1:3306/app'`. Options beside it win over what it says.
   */
  readonly uri?: string
  /** The table, `'table'` or `'database.table'`. Default `'session'`. */
  readonly tableName?: string
  /** Whether to make the table if it is missing. Default `false`. */
  readonly createTable?: boolean
  /** Whether statements are prepared. Default `true`; `false` for a proxy that cannot. */
  readonly prepared?: boolean
  /** A pool of mysql2, of callbacks or of promises, in place of the driver's options. It is never closed. */
  readonly client?: MysqlClient
}

/** A pool that the engine makes. */
export interface OwnPool {
  readonly options: PoolOptions
  /** Set on every connection, as `name=value`. */
  readonly variables: readonly string[]
  /** Go on without TLS if the server has none. */
  readonly mayBePlain: boolean
}

export interface MysqlSettings {
  readonly pool: OwnPool | MysqlPool
  readonly tableName: unknown
  readonly createTable: boolean
  readonly prepared: boolean
  /** The most that a call may take, in milliseconds, if it is less than the manager's `timeout`. */
  readonly callLimit: number
}

const example = `'user:password@tcp(127.0.0.1:3306)/app', or an object, e.g. { host: '127.0.0.1', user: 'app', password: '…', database: 'app' }`

/** All that mysql2 takes; it would only warn of another one. */
const driverOptions: Record<keyof PoolOptions, true> = {
  authPlugins: true,
  authSwitchHandler: true,
  bigNumberStrings: true,
  charset: true,
  charsetNumber: true,
  compress: true,
  connectAttributes: true,
  connectionLimit: true,
  connectTimeout: true,
  database: true,
  dateStrings: true,
  debug: true,
  decimalNumbers: true,
  disableEval: true,
  enableCleartextPlugin: true,
  enableKeepAlive: true,
  flags: true,
  gracefulEnd: true,
  host: true,
  idleTimeout: true,
  infileStreamFactory: true,
  insecureAuth: true,
  isServer: true,
  jsonStrings: true,
  keepAliveInitialDelay: true,
  localAddress: true,
  maxIdle: true,
  maxPreparedStatements: true,
  multipleStatements: true,
  namedPlaceholders: true,
  nestTables: true,
  password: true,
  password1: true,
  password2: true,
  password3: true,
  passwordSha1: true,
  pool: true,
  port: true,
  Promise: true,
  queryFormat: true,
  queueLimit: true,
  resetOnRelease: true,
  rowsAsArray: true,
  socketPath: true,
  ssl: true,
  stream: true,
  stringifyObjects: true,
  supportBigNumbers: true,
  timezone: true,
  trace: true,
  typeCast: true,
  uri: true,
  user: true,
  waitForConnections: true,
}

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): MysqlSettings {
  const given = typeof config === 'string' ? { uri: config } : isClient(config) ? { client: config } : config
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrong(`must be ${example}`)
  const { tableName, createTable, prepared, client, ...rest } = given as MysqlConfig
  const driver = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))
  const location = client === undefined ? readDriver(driver) : undefined
  const own = {
    tableName,
    createTable: readFlag('mysql', 'createTable', createTable, false),
    prepared: readFlag('mysql', 'prepared', prepared, location?.prepared ?? true),
    callLimit: location?.callLimit ?? Number.POSITIVE_INFINITY,
  }
  return { ...own, pool: location ?? readClient(client, driver) }
}

function readClient(client: unknown, beside: object): MysqlPool {
  const [field] = Object.keys(beside)
  if (field !== undefined)
    throw wrong(`has both 'client' and '${field}'; a client has the settings that it was made with`)
  if (!isClient(client))
    throw wrong(`: 'client' must be a pool of mysql2, e.g. { client: mysql.createPool(…) }`)
  return poolOf(client)
}

function readDriver(driver: PoolOptions): Dsn {
  for (const field of Object.keys(driver)) checkField(field)
  const { uri, ...options } = driver
  if (uri !== undefined && typeof uri !== 'string')
    throw wrong(`: 'uri' must be a string, e.g. { uri: '…/app' }`)
  const said = uri === undefined ? none : /^[a-z][a-z\d+.-]*:\/\//i.test(uri) ? parseUrl(uri) : parseDsn(uri)
  const all = { ...said.options, ...options }
  if (typeof said.options.ssl === 'object' && typeof options.ssl === 'object')
    all.ssl = { ...said.options.ssl, ...options.ssl }
  checkIdentity(all)
  if (!all.host && !all.socketPath && !all.stream && !all.database && !all.user)
    throw wrong(`must be ${example}`)
  if (
    String(all.flags ?? '')
      .toUpperCase()
      .includes('-FOUND_ROWS')
  )
    throw wrong(
      `: 'flags' must not have '-FOUND_ROWS': an extension that changes nothing could not be told from a session that is gone`,
    )
  return { ...said, options: all }
}

/** The driver has the name of the host checked, and for an address would have 'localhost' checked in its place. */
function checkIdentity({ ssl, host = '' }: PoolOptions): void {
  if (typeof ssl === 'object' && ssl.verifyIdentity && isIP(host))
    throw wrong(
      `: 'tls=true' and 'verifyIdentity' check that the server's certificate is for its name, and '${host}' is a number; write the name, e.g. 'tcp(db.example.com:3306)'`,
    )
}

const none: Dsn = { options: {}, variables: [], mayBePlain: false }

/** As mysql2 reads it. */
function parseUrl(uri: string): Dsn {
  if (!/^(?:mysql|mariadb):/i.test(uri)) throw wrong(`is a URL of something else; it must be ${example}`)
  try {
    const { hostname, port, pathname, username, password, searchParams } = new URL(uri)
    const options: Record<string, unknown> = {
      host: decodeURIComponent(hostname.replace(/^\[(.*)\]$/, '$1')),
      ...(port && { port: Number(port) }),
      ...(pathname.length > 1 && { database: decodeURIComponent(pathname.slice(1)) }),
      ...(username && { user: decodeURIComponent(username) }),
      ...(password && { password: decodeURIComponent(password) }),
    }
    for (const [name, value] of searchParams) {
      checkField(name)
      options[name] ??= jsonOr(value)
    }
    return { ...none, options }
  } catch (error) {
    if (error instanceof URIError || error instanceof TypeError)
      throw wrong(
        `is no URL: write / as %2F, @ as %40 and % as %25 in user and password, e.g. 'mysql://app:p%40ss@127.0.0.1:3306/app'`,
      )
    throw error
  }
}

function jsonOr(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

function checkField(field: string): void {
  if (!Object.hasOwn(driverOptions, field))
    throw wrong(`has an unknown field '${field}'; it must be ${example}`)
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
