import { userInfo } from 'node:os'
import { configError } from '@sess/core/engine'
import type { ClientConfig, PoolConfig } from 'pg'
import { type Parameters, severalHosts } from './connection-string.ts'
import { ENGINE } from './dialect.ts'

/** Environment variables of libpq, by the parameters that they stand for. */
const environment = {
  host: 'PGHOST',
  port: 'PGPORT',
  dbname: 'PGDATABASE',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  sslnegotiation: 'PGSSLNEGOTIATION',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
}

/** What `pg` is told. */
type Options = ClientConfig & Pick<PoolConfig, 'max' | 'idleTimeoutMillis' | 'enableChannelBinding'>

/** What a parameter does that is not sent to the server. */
type Meaning = (value: string) => Partial<Options>

const none: Meaning = () => ({})

/** Parameters of libpq and lib/pq that are for the client. */
const meanings: Readonly<Record<string, Meaning>> = {
  host: host => {
    if (host.includes(',')) throw severalHosts()
    return { host }
  },
  port: port => ({ port: whole('port', port, 65_535) }),
  dbname: database => ({ database }),
  user: user => ({ user }),
  password: password => ({ password }),
  application_name: application_name => ({ application_name }),
  fallback_application_name: fallback_application_name => ({ fallback_application_name }),
  options: options => ({ options }),
  connect_timeout: seconds => {
    const milliseconds = whole('connect_timeout', seconds, 1_000_000) * 1000
    return milliseconds > 0 ? { connectionTimeoutMillis: milliseconds } : {}
  },
  keepalives: value => ({ keepAlive: value !== '0' }),
  keepalives_idle: seconds => ({
    keepAliveInitialDelayMillis: whole('keepalives_idle', seconds, 1_000_000) * 1000,
  }),
  sslnegotiation: value => {
    if (value !== 'postgres' && value !== 'direct')
      throw configError(ENGINE, ': sslnegotiation must be postgres or direct, e.g. sslnegotiation=direct')
    return { sslnegotiation: value }
  },
  client_encoding: value => {
    if (!/^(utf-?8|unicode|auto)$/i.test(value))
      throw configError(ENGINE, ': client_encoding must be UTF8: the driver speaks nothing else')
    return {}
  },
  target_session_attrs: value => {
    // The engine itself refuses a server that is read-only.
    if (!['any', 'read-write', 'primary'].includes(value))
      throw configError(ENGINE, ': target_session_attrs must be read-write: sessions are written')
    return {}
  },
  channel_binding: value => {
    if (value !== 'disable' && value !== 'prefer' && value !== 'require')
      throw configError(ENGINE, ': channel_binding must be disable, prefer or require')
    return value === 'require' ? { enableChannelBinding: true } : {}
  },
  // Options of pg that its users write into the URL, and words of Prisma and of those who host databases.
  max: connections,
  connection_limit: connections,
  idleTimeoutMillis: value => ({ idleTimeoutMillis: whole('idleTimeoutMillis', value, 2 ** 31 - 1) }),
  connectionTimeoutMillis: value => {
    const milliseconds = whole('connectionTimeoutMillis', value, 2 ** 31 - 1)
    return milliseconds > 0 ? { connectionTimeoutMillis: milliseconds } : {}
  },
  query_timeout: value => ({ query_timeout: whole('query_timeout', value, 2 ** 31 - 1) }),
  ssl: none,
  sslaccept: none,
  uselibpqcompat: none,
  schema: none,
  pgbouncer: none,
  statement_cache_size: none,
  // The manager's timeout is the limit.
  pool_timeout: none,
  socket_timeout: none,
  supa: none,
  workaround: none,
  sslmode: none,
  sslrootcert: none,
  sslcert: none,
  sslkey: none,
  sslinline: none,
  binary_parameters: none,
  disable_prepared_binary_result: none,
}

/** Parameters of libpq and lib/pq that mean nothing to the server, and that the driver cannot do. */
const impossible = new Set(
  `hostaddr passfile service servicefile sslpassword sslsni sslcrl sslcrldir sslcompression sslcertmode sslkeylogfile
  sslidentity ssl_min_protocol_version ssl_max_protocol_version min_protocol_version max_protocol_version requiressl requirepeer
  require_auth gssencmode gsslib gssdelegation krbsrvname krbspn load_balance_hosts replication
  keepalives_interval keepalives_count tcp_user_timeout scram_client_key scram_server_key`.split(/\s+/),
)

/** The parameters of a connection string over those of the environment. */
export function withEnvironment(parameters: Parameters): Parameters {
  const all: Record<string, string> = {}
  for (const [name, variable] of Object.entries(environment)) {
    const value = process.env[variable]
    if (value) all[name] = value
  }
  return { ...all, ...parameters }
}

/**
 * What `pg` is told, TLS apart. Parameters that are not for the client are settings of the server, as lib/pq has it.
 *
 * @throws ERR_CONFIG
 */
export function connectionOptions(parameters: Parameters): Options {
  const options: Options = { host: 'localhost', port: 5432, user: systemUser(), keepAlive: true }
  const settings: string[] = []
  for (const [name, value] of Object.entries(parameters)) {
    const meaning = Object.hasOwn(meanings, name) ? meanings[name] : undefined
    if (impossible.has(name))
      throw configError(ENGINE, `: the driver has no parameter ${name}: leave it out, or use an option of pg`)
    if (meaning) Object.assign(options, meaning(value))
    else settings.push(setting(name, value))
  }
  const all = [options.options, ...settings].filter(Boolean).join(' ')
  return { ...options, ...(all && { options: all }) }
}

/** A setting of the server, as the server takes it when a connection starts. */
function setting(name: string, value: string): string {
  if (!/^[a-z_][\w.]*$/i.test(name))
    throw configError(
      ENGINE,
      ': the connection string has a parameter whose name is none, e.g. sslmode=verify-full',
    )
  return `-c ${name}=${value.replace(/[\s\\]/g, '\\$&')}`
}

function whole(name: string, value: string, most: number): number {
  const number = Number(value)
  if (/^\d+$/.test(value) && number <= most) return number
  throw configError(ENGINE, `: ${name} must be a whole number up to ${most}`)
}

function connections(value: string): { max: number } {
  return { max: Math.max(1, whole('connection_limit', value, 100_000)) }
}

function systemUser(): string | undefined {
  try {
    return userInfo().username
  } catch {
    // A container may run as a user that has no name.
    return undefined
  }
}
