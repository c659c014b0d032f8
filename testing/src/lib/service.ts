import { advice, missingBinaries, type Program } from './binaries.ts'
import { askBroker } from './broker.ts'
import { type Kind, named } from './environment.ts'
import { runDirectory } from './run-directory.ts'
import { type Services, SharedServers } from './shared.ts'

/**
 * The servers that the tests of a run share: those that the environment names, otherwise fresh ones, started when
 * they are first asked for and ended with the run. Use keys, tables or prefixes of your own on them.
 */
export const service: { readonly [K in Kind]: () => Promise<Services[K]> } = {
  redis: () => shared('redis'),
  redisCluster: () => shared('redisCluster'),
  redisSentinel: () => shared('redisSentinel'),
  mysql: () => shared('mysql'),
  postgres: () => shared('postgres'),
  memcached: () => shared('memcached'),
}

/** The Couchbase cluster that the environment names, as a connection string; there is no other way to have one. */
export const couchbaseUrl: string | undefined = process.env.SESS_TEST_COUCHBASE_URL || undefined

/** Outside of a test run: for this process. */
const own = new SharedServers()

async function shared<K extends Kind>(kind: K): Promise<Services[K]> {
  const run = runDirectory()
  const found = named(kind) ?? (await (run === undefined ? own.get(kind) : askBroker(run, kind)))
  return found as Services[K]
}

/** What tests start that nobody has as a service. */
type Helper = 'pgbouncer' | 'memcachedUsers'

const needed: Record<Kind | Helper, readonly Program[]> = {
  redis: ['redis-server'],
  redisCluster: ['redis-server', 'redis-cli'],
  redisSentinel: ['redis-server'],
  mysql: ['mariadbd', 'mariadb-install-db'],
  postgres: ['postgres', 'initdb'],
  memcached: ['memcached'],
  pgbouncer: ['pgbouncer'],
  memcachedUsers: ['memcached', 'saslpasswd2'],
}

/**
 * For `describe.skipIf(await noService('redis'))`: these servers are neither named by the environment nor installed,
 * nor can they be installed, which has been said. Where `CI` is set, that is an error.
 */
export function noService(...kinds: Kind[]): Promise<boolean> {
  return cannotStart(kinds.filter(kind => named(kind) === undefined))
}

/** As `noService`, for tests that start servers of their own: what the environment names is no help to them. */
export function noServer(...kinds: (Kind | Helper)[]): Promise<boolean> {
  return cannotStart(kinds)
}

async function cannotStart(kinds: readonly (Kind | Helper)[]): Promise<boolean> {
  const missing = await missingBinaries(kinds.flatMap(kind => needed[kind]))
  if (missing.length === 0) return false
  if (process.env.CI) throw new Error(advice(missing))
  console.warn(advice(missing))
  return true
}
