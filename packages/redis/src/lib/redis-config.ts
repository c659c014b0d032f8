import type { ClusterOptions, RedisOptions } from 'ioredis'
import type { RedisClient } from './redis-client.ts'

/** The names that this package registers, and which tell how a config string is read. */
export type RedisEngineName = 'redis' | 'redis_cluster' | 'redis_sentinel'

type SentinelOption =
  | 'sentinelUsername'
  | 'sentinelPassword'
  | 'sentinelTLS'
  | 'sentinelRetryStrategy'
  | 'sentinelReconnectStrategy'
  | 'sentinelCommandTimeout'
  | 'sentinelMaxConnections'
  | 'enableTLSForSentinelMode'
  | 'updateSentinels'
  | 'failoverDetector'
  | 'natMap'

type RefusedOption =
  | 'maxRetriesPerRequest'
  | 'autoResendUnfulfilledCommands'
  | 'retryDelayOnFailover'
  | 'enableOfflineQueue'
  | 'offlineQueue'
  | 'commandQueue'
  | 'lazyConnect'
  | 'monitor'
  | 'readOnly'
  | 'scaleReads'
  | 'role'
  | 'preferredSlaves'
  | 'keyPrefix'
  | 'redisOptions'

/** The options of ioredis for a connection to one server, but for those that are the engine's own business. */
export type RedisNodeOptions = Omit<RedisOptions, SentinelOption | RefusedOption | 'sentinels' | 'name'>

/** Where a server is: `'host:port'`, a URL, or an object. */
export type RedisAddress = string | { readonly host: string; readonly port?: number | string }

/** A Redis Cluster, with the options of ioredis for it. What is for each node goes beside `cluster`. */
export interface RedisClusterConfig extends Omit<ClusterOptions, RefusedOption> {
  /** Some of its nodes; the others are found through them. */
  readonly nodes: readonly RedisAddress[]
}

/** Sentinels, with the options of ioredis for them. What is for the master goes beside `sentinel`. */
export interface RedisSentinelConfig extends Pick<RedisOptions, SentinelOption> {
  /** Some of the sentinels; the others are found through them. Default port 26379. */
  readonly sentinels: readonly RedisAddress[]
  /** What they call the master. Default `'mymaster'`. */
  readonly name?: string
  /** Whether to listen to them, so as to be with a new master at once. Default `true`. */
  readonly failoverDetector?: boolean
}

/**
 * Options of the redis engine. `providerConfig` may also be a string, or a client of ioredis.
 *
 * The options of ioredis are passed on, `tls`, `username`, `password` and `db` among them.
 */
export interface RedisConfig extends Omit<RedisNodeOptions, 'port' | 'db'> {
  /** Default 6379. */
  readonly port?: number | string
  /** The number of the database. Default 0. */
  readonly db?: number | string
  /** What the keys begin with. Default `'sess:id:'`. */
  readonly prefix?: string
  /** A server: `redis://user:password@host:6379/0`, `rediss://` for TLS, or `unix:///path?db=0`. Options beside it win. */
  readonly url?: string
  readonly cluster?: RedisClusterConfig
  readonly sentinel?: RedisSentinelConfig
  /** A `Redis` or `Cluster` of ioredis that is yours: the engine never closes it. Only `prefix` may go with it. */
  readonly client?: RedisClient
}

/** All the names of a type's fields, and no others. */
type Names<T> = Readonly<Record<keyof T, true>>

export const nodeOptions: Names<RedisNodeOptions> = {
  host: true,
  port: true,
  path: true,
  family: true,
  username: true,
  password: true,
  db: true,
  tls: true,
  connectionName: true,
  connectTimeout: true,
  disconnectTimeout: true,
  socketTimeout: true,
  commandTimeout: true,
  blockingTimeout: true,
  blockingTimeoutGrace: true,
  keepAlive: true,
  noDelay: true,
  retryStrategy: true,
  reconnectOnError: true,
  enableReadyCheck: true,
  maxLoadingRetryTime: true,
  autoResubscribe: true,
  enableAutoPipelining: true,
  autoPipeliningIgnoredCommands: true,
  disableClientInfo: true,
  clientInfoTag: true,
  protocol: true,
  replyMapping: true,
  stringNumbers: true,
  showFriendlyErrorStack: true,
  scripts: true,
  himportFieldsets: true,
  Connector: true,
}

export const clusterOptions: Names<Omit<RedisClusterConfig, 'nodes'>> = {
  clusterRetryStrategy: true,
  clusterNodeRetryStrategy: true,
  enableReadyCheck: true,
  maxRedirections: true,
  retryDelayOnClusterDown: true,
  retryDelayOnTryAgain: true,
  retryDelayOnMoved: true,
  slotsRefreshTimeout: true,
  slotsRefreshInterval: true,
  shardedSubscribers: true,
  useSRVRecords: true,
  resolveSrv: true,
  dnsLookup: true,
  natMap: true,
  showFriendlyErrorStack: true,
  enableAutoPipelining: true,
  autoPipeliningIgnoredCommands: true,
  scripts: true,
  himportFieldsets: true,
}

export const sentinelOptions: Names<Omit<RedisSentinelConfig, 'sentinels' | 'name'>> = {
  sentinelUsername: true,
  sentinelPassword: true,
  sentinelTLS: true,
  sentinelRetryStrategy: true,
  sentinelReconnectStrategy: true,
  sentinelCommandTimeout: true,
  sentinelMaxConnections: true,
  enableTLSForSentinelMode: true,
  updateSentinels: true,
  failoverDetector: true,
  natMap: true,
}

/** Options that are numbers, and may be given as text, e.g. by an environment variable. */
export const numberOptions: ReadonlySet<string> = new Set<
  keyof RedisNodeOptions | keyof ClusterOptions | SentinelOption
>([
  'port',
  'db',
  'family',
  'connectTimeout',
  'disconnectTimeout',
  'socketTimeout',
  'commandTimeout',
  'blockingTimeout',
  'blockingTimeoutGrace',
  'keepAlive',
  'maxLoadingRetryTime',
  'maxRedirections',
  'retryDelayOnClusterDown',
  'retryDelayOnTryAgain',
  'retryDelayOnMoved',
  'slotsRefreshTimeout',
  'slotsRefreshInterval',
  'sentinelCommandTimeout',
  'sentinelMaxConnections',
])

const ownBusiness = 'is set by the engine itself, so that no write is sent twice or late: leave it out'
const masterOnly = 'cannot be used: sessions are read from the master, for a replica is late. Leave it out'

/** Options of ioredis that are not passed on, and why. */
export const refusedOptions: Readonly<Record<RefusedOption, string>> & Readonly<Record<string, string>> = {
  maxRetriesPerRequest: ownBusiness,
  autoResendUnfulfilledCommands: ownBusiness,
  retryDelayOnFailover: ownBusiness,
  enableOfflineQueue: ownBusiness,
  offlineQueue: ownBusiness,
  commandQueue: ownBusiness,
  lazyConnect: ownBusiness,
  monitor: 'cannot be used: a connection that monitors does nothing else. Leave it out',
  readOnly: masterOnly,
  scaleReads: masterOnly,
  role: masterOnly,
  preferredSlaves: masterOnly,
  keyPrefix: `is called 'prefix' here, e.g. { prefix: 'sess:id:' }`,
  redisOptions: `is not needed: put these options beside 'cluster', e.g. { cluster: { nodes: ['10.0.0.1:6379'] }, password: '…' }`,
  sentinels: `belongs into 'sentinel', e.g. { sentinel: { sentinels: ['10.0.0.1:26379'], name: 'mymaster' } }`,
  nodes: `belongs into 'cluster', e.g. { cluster: { nodes: ['10.0.0.1:6379'] } }`,
  name: `belongs into 'sentinel', e.g. { sentinel: { sentinels: ['10.0.0.1:26379'], name: 'mymaster' } }`,
}
