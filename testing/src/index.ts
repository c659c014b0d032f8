/**
 * Real servers for tests, a network that fails, and what every engine is put through.
 *
 * @module
 */
export type { Server } from './lib/daemon.ts'
export type { Kind, SentinelService, Service, SqlService } from './lib/environment.ts'
export { type SqlOptions, type SqlServer, startMariaDB } from './lib/mariadb.ts'
export { type MemcachedOptions, startMemcached } from './lib/memcached.ts'
export { startPgBouncer } from './lib/pgbouncer.ts'
export { startPostgres } from './lib/postgres.ts'
export { type Cut, type Network, startProxy, type TcpProxy } from './lib/proxy.ts'
export { type RedisOptions, startRedis } from './lib/redis.ts'
export { type RedisCluster, startRedisCluster } from './lib/redis-cluster.ts'
export { type RedisSentinel, startRedisSentinel } from './lib/redis-sentinel.ts'
export { couchbaseUrl, noServer, noService, service } from './lib/service.ts'
export type { Services } from './lib/shared.ts'
export type { Address } from './lib/tcp.ts'
