import { isIP } from 'node:net'
import { checkConfigObject, configError, isHost, isPath } from '@sess/core/engine'
import { readFlag, readNumbers } from '@sess/sql'
import type { PoolOptions } from 'mysql2'
import { isClient, isOfMysql2, type MysqlClient, type MysqlPool, poolOf } from './driver.ts'
import { driverOptions } from './driver-options.ts'
import { type Dsn, parseDsn } from './dsn.ts'
import { isUrl, parseUrl } from './mysql-url.ts'

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

/** Those that mysql2 takes as numbers only. */
const numbers: readonly (keyof PoolOptions)[] = [
  'port',
  'connectionLimit',
  'connectTimeout',
  'idleTimeout',
  'keepAliveInitialDelay',
  'maxIdle',
  'maxPreparedStatements',
  'queueLimit',
]

/** What other libraries call it. */
const otherNames: Readonly<Record<string, string>> = {
  url: 'uri',
  connectionString: 'uri',
  username: 'user',
  db: 'database',
  dbname: 'database',
  max: 'connectionLimit',
  poolSize: 'connectionLimit',
}

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): MysqlSettings {
  const given =
    typeof config === 'string'
      ? { uri: config }
      : isClient(config)
        ? { client: config }
        : checkConfigObject('mysql', config, example)
  const { tableName, createTable, prepared, client, ...rest } = given as MysqlConfig
  const driver: PoolOptions = readNumbers('mysql', rest, numbers)
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
  const pool = poolOf(client)
  if (!isOfMysql2(pool))
    throw wrong(
      `: 'client' is a pool of another driver, as 'mysql' and 'mariadb' are; make one with mysql2, e.g. { client: mysql.createPool(…) }`,
    )
  return pool
}

function readDriver(driver: PoolOptions): Dsn {
  for (const field of Object.keys(driver))
    if (!Object.hasOwn(driverOptions, field)) {
      const right = Object.hasOwn(otherNames, field) ? `: write '${otherNames[field]}'` : ''
      throw wrong(`has an unknown field '${field}'${right}; it must be ${example}`)
    }
  const { uri, ...options } = driver
  if (uri !== undefined && typeof uri !== 'string')
    throw wrong(`: 'uri' must be a string, e.g. { uri: '…/app' }`)
  const said = uri === undefined ? none : isUrl(uri) ? parseUrl(uri) : parseDsn(uri)
  const all = { ...said.options, ...options }
  if (typeof said.options.ssl === 'object' && typeof options.ssl === 'object')
    all.ssl = { ...said.options.ssl, ...options.ssl }
  if (all.host && !isHost(all.host))
    throw wrong(`: its host must be a name or an address, e.g. { host: '127.0.0.1' }; a URL goes into 'uri'`)
  if (all.socketPath && !isPath(all.socketPath))
    throw wrong(`: its socket must be a path, e.g. { socketPath: '/run/mysqld/mysqld.sock' }`)
  checkIdentity(all)
  if (all.port !== undefined && !(Number.isInteger(all.port) && all.port >= 0 && all.port <= 65_535))
    throw wrong(`: 'port' must be a number up to 65535, e.g. { port: 3306 }`)
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

const none: Dsn = { options: {}, variables: [], mayBePlain: false }

/** The driver has the name of the host checked, and for an address would have 'localhost' checked in its place. */
function checkIdentity({ ssl, host = '' }: PoolOptions): void {
  if (typeof ssl === 'object' && ssl.verifyIdentity && isIP(host))
    throw wrong(
      `: 'tls=true' and 'verifyIdentity' check that the server's certificate is for its name, and '${host}' is a number; write the name, e.g. 'tcp(db.example.com:3306)'`,
    )
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
