import type { Address } from './tcp.ts'

/** The kinds of server that a test can ask for. */
export type Kind = 'redis' | 'redisCluster' | 'redisSentinel' | 'mysql' | 'postgres' | 'memcached'

const variables: Record<Kind, string> = {
  redis: 'SESS_TEST_REDIS_URL',
  redisCluster: 'SESS_TEST_REDIS_CLUSTER_URL',
  redisSentinel: 'SESS_TEST_REDIS_SENTINEL_URL',
  mysql: 'SESS_TEST_MYSQL_URL',
  postgres: 'SESS_TEST_POSTGRES_URL',
  memcached: 'SESS_TEST_MEMCACHE_URL',
}

const defaultPorts: Record<Kind, number> = {
  redis: 6379,
  redisCluster: 6379,
  redisSentinel: 26379,
  mysql: 3306,
  postgres: 5432,
  memcached: 11211,
}

/** A server that tests share. */
export interface Service extends Address {
  /** As the engine takes it: a URL; of a cluster or of sentinels their addresses, 'host:port,host:port'. */
  readonly url: string
  /** All addresses: several for a cluster and for sentinels. */
  readonly addresses: readonly Address[]
}

/** A shared SQL server. The user may create tables in the database. */
export interface SqlService extends Service {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** Shared sentinels, and what they call their master. */
export interface SentinelService extends Service {
  readonly name: string
}

/** What the environment names. */
export function named(kind: Kind): (Service & Partial<SqlService & SentinelService>) | undefined {
  const url = process.env[variables[kind]]
  if (!url) return undefined
  try {
    return parse(kind, url)
  } catch (cause) {
    throw new Error(`${variables[kind]} is not a URL`, { cause })
  }
}

function parse(kind: Kind, url: string): Service & Partial<SqlService & SentinelService> {
  const urls = url.split(',').map(part => new URL(part.includes('://') ? part : `tcp://${part}`))
  const addresses = urls.map(({ hostname, port }) => ({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? defaultPorts[kind] : Number(port),
  }))
  const [first] = urls as [URL]
  const path = decodeURIComponent(urls.map(({ pathname }) => pathname.slice(1)).find(Boolean) ?? '')
  const service = { ...(addresses[0] as Address), url, addresses }
  if (kind === 'redisSentinel') return { ...service, name: path || 'mymaster' }
  if (kind !== 'mysql' && kind !== 'postgres') return service
  const [user, password] = [first.username, first.password].map(decodeURIComponent) as [string, string]
  return { ...service, user, password, database: path }
}
