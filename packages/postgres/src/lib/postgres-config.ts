import { checkConfigObject, configError, isHost, isPath } from '@sess/core/engine'
import { readFlag, readNumbers, readTableName, type TableName } from '@sess/sql'
import type { PoolConfig } from 'pg'
import { connectionOptions, withEnvironment } from './connection-options.ts'
import { type Parameters, parseConnectionString } from './connection-string.ts'
import { dialect, ENGINE } from './dialect.ts'
import { isOtherClient, isPool, type PostgresPool } from './driver.ts'
import { isOn, readSsl, sslmodeOf, type Tls, tlsOf } from './tls.ts'

/**
 * Options of the postgresql engine: every option of a pool of `pg`, and those below. `providerConfig` may also be
 * the `connectionString` alone, or the `client` alone.
 */
export interface PostgresConfig extends PoolConfig {
  /**
   * Where the database is: `'postgres://user:password@host:5432/database?sslmode=verify-full'` or
   * `'host=… user=… password=… dbname=… sslmode=verify-full'`, as lib/pq has it. Options beside it win over what it
   * says, and both over the environment (`PGHOST`, `PGSSLMODE`, …).
   */
  readonly connectionString?: string
  /** The table, `'table'` or `'schema.table'`. Default `'session'`. */
  readonly tableName?: string
  /** Whether to make the table if it is missing. Default `false`. */
  readonly createTable?: boolean
  /**
   * Whether statements are prepared, once for each connection. Default `true`; `false` for PgBouncer and others that
   * give every transaction another connection.
   */
  readonly prepared?: boolean
  /** A pool of `pg` in place of the options of one. It is never closed. */
  readonly client?: PostgresPool
}

/** A pool that the engine makes. */
export interface OwnPool {
  readonly options: PoolConfig
  /** What to try first, and what if the server will not have it. */
  readonly tls: readonly [Tls, ...Tls[]]
}

export interface PostgresSettings {
  readonly pool: OwnPool | PostgresPool
  readonly name: TableName
  readonly createTable: boolean
  readonly prepared: boolean
}

const example = `'postgres://user:password@host:5432/database?sslmode=verify-full', or an object, e.g. { host: 'localhost', user: 'app', password: '…', database: 'app' }`

/** All that `pg` takes; it would not say a word about another one. */
const driverOptions: Record<keyof PoolConfig, true> = {
  allowExitOnIdle: true,
  application_name: true,
  Client: true,
  client_encoding: true,
  connectionString: true,
  connectionTimeoutMillis: true,
  database: true,
  enableChannelBinding: true,
  fallback_application_name: true,
  host: true,
  idle_in_transaction_session_timeout: true,
  idleTimeoutMillis: true,
  keepAlive: true,
  keepAliveInitialDelayMillis: true,
  lock_timeout: true,
  log: true,
  max: true,
  maxLifetimeSeconds: true,
  maxUses: true,
  min: true,
  onConnect: true,
  options: true,
  password: true,
  pipeline: true,
  port: true,
  Promise: true,
  query_timeout: true,
  ssl: true,
  sslnegotiation: true,
  statement_timeout: true,
  stream: true,
  types: true,
  user: true,
  verify: true,
}

/** Those that `pg` takes as numbers only. */
const numbers: readonly (keyof PoolConfig)[] = [
  'port',
  'max',
  'min',
  'maxUses',
  'maxLifetimeSeconds',
  'idleTimeoutMillis',
  'connectionTimeoutMillis',
  'keepAliveInitialDelayMillis',
  'query_timeout',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
]

/** What other libraries call it. */
const otherNames: Readonly<Record<string, string>> = {
  url: 'connectionString',
  uri: 'connectionString',
  dbname: 'database',
  db: 'database',
  username: 'user',
  pool: 'client',
  poolSize: 'max',
  connectionLimit: 'max',
}

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): PostgresSettings {
  const given =
    typeof config === 'string'
      ? { connectionString: config }
      : isClient(config)
        ? { client: config }
        : checkConfigObject(ENGINE, config, example)
  const { tableName, createTable, prepared, client, ...rest } = given as PostgresConfig
  const options: PoolConfig = readNumbers(ENGINE, rest, numbers)
  const parameters = client === undefined ? readParameters(options) : {}
  return {
    pool: client === undefined ? readPool(options, parameters) : readClient(client, options),
    name: readTableName(dialect, tableName, parameters.schema),
    createTable: readFlag(ENGINE, 'createTable', createTable, false),
    prepared: readFlag(ENGINE, 'prepared', prepared, mayPrepare(parameters)),
  }
}

/** Of these each goes with PgBouncer: the first with lib/pq, the others with Prisma. */
function mayPrepare({ binary_parameters, pgbouncer, statement_cache_size }: Parameters): boolean {
  return !isOn(binary_parameters) && !isOn(pgbouncer) && statement_cache_size !== '0'
}

function isClient(value: unknown): boolean {
  return isPool(value) || isOtherClient(value)
}

function readClient(client: unknown, beside: object): PostgresPool {
  const [field] = Object.keys(beside)
  if (field !== undefined)
    throw wrong(`has both 'client' and '${field}'; a client has the settings that it was made with`)
  if (!isPool(client))
    throw wrong(
      isOtherClient(client)
        ? `: a Client of pg is one connection, which cannot be replaced when it breaks; give a pool, e.g. { client: new Pool(…) }`
        : `: 'client' must be a pool of pg, e.g. { client: new Pool(…) }`,
    )
  if ((client.options as { binary?: unknown } | undefined)?.binary)
    throw wrong(`: the pool has 'binary' set, in which pg spoils binary data; make one without it`)
  return client
}

function readParameters({ connectionString, ssl }: PoolConfig): Parameters {
  if (connectionString !== undefined && typeof connectionString !== 'string')
    throw wrong(`: 'connectionString' must be a string, e.g. { connectionString: 'postgres://…' }`)
  const said = parseConnectionString(connectionString ?? '')
  const mode = sslmodeOf(said)
  const { sslmode = mode, ...all } = withEnvironment({
    ...said,
    ...(mode !== undefined && { sslmode: mode }),
  })
  // What the environment says of TLS an option of pg replaces.
  return sslmode === undefined || (ssl !== undefined && mode === undefined) ? all : { ...all, sslmode }
}

function readPool({ connectionString: _, ...options }: PoolConfig, parameters: Parameters): OwnPool {
  for (const field of Object.keys(options))
    if (!Object.hasOwn(driverOptions, field)) {
      const right = Object.hasOwn(otherNames, field) ? `: write '${otherNames[field]}'` : ''
      throw wrong(`has an unknown field '${field}'${right}; it must be ${example}`)
    }
  const { max, port } = options
  if (max !== undefined && !(Number.isInteger(max) && max > 0))
    throw wrong(`: 'max' must be the number of connections, e.g. { max: 10 }`)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535))
    throw wrong(`: 'port' must be a number up to 65535, e.g. { port: 5432 }`)
  const all = { ...connectionOptions(parameters), ...options }
  if (all.host && !(all.host.startsWith('/') ? isPath(all.host) : isHost(all.host)))
    throw wrong(
      `: 'host' must be a name, an address, or the directory of a socket, e.g. { host: 'db.internal' }; a URL goes into 'connectionString'`,
    )
  const tls = tlsOf(parameters, readSsl(options.ssl))
  // A socket on this machine has no need of TLS, and no certificate.
  return { options: all, tls: all.host?.startsWith('/') ? [false] : tls }
}

function wrong(problem: string): Error {
  return configError(ENGINE, problem)
}
