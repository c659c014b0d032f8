/**
 * Sessions in Redis or Valkey. Importing this registers the engines `redis`, `redis_cluster` and
 * `redis_sentinel`, which are also the values {@link redis}, {@link redisCluster} and {@link redisSentinel}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import type { RedisClient } from './lib/redis-client.ts'
import type { RedisConfig, RedisEngineName } from './lib/redis-config.ts'
import { RedisStore } from './lib/redis-store.ts'
import { readConfig } from './lib/settings.ts'

export type { RedisClient, ScannedNode } from './lib/redis-client.ts'
export type {
  RedisAddress,
  RedisClusterConfig,
  RedisConfig,
  RedisEngineName,
  RedisNodeOptions,
  RedisSentinelConfig,
} from './lib/redis-config.ts'
export { RedisStore, type RedisStoreContext } from './lib/redis-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** `'127.0.0.1:6379,100,password'`, a URL, options, or a client of ioredis. */
    redis: string | RedisConfig | RedisClient
    /** `'127.0.0.1:6379;127.0.0.1:6380,100,password'`, URLs, options, or a `Cluster` of ioredis. */
    redis_cluster: string | RedisConfig | RedisClient
    /** `'127.0.0.1:26379;127.0.0.2:26379,100,password,0,mymaster'`, URLs, options, or a `Redis` of ioredis. */
    redis_sentinel: string | RedisConfig | RedisClient
  }
}

/** Sessions in one Redis or Valkey, or what looks like one. */
export const redis: EngineType<'redis'> = engineType('redis')
/** Sessions in Redis Cluster. */
export const redisCluster: EngineType<'redis_cluster'> = engineType('redis_cluster')
/** Sessions in a Redis that sentinels know. */
export const redisSentinel: EngineType<'redis_sentinel'> = engineType('redis_sentinel')

register(redis.name, redis, '@sess/redis')
register(redisCluster.name, redisCluster, '@sess/redis')
register(redisSentinel.name, redisSentinel, '@sess/redis')

function engineType<Name extends RedisEngineName>(name: Name): EngineType<Name> {
  return {
    name,
    open: async ({ config, clock, timeout }) =>
      fromRecordStore(await RedisStore.open(config as RedisConfig, { clock, timeout, name })),
    check: ({ config }) => void readConfig(config, name),
  }
}
