/**
 * Sessions in memcached. Importing this registers the engine `memcache`, which is also the value {@link memcache}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import type { MemcacheClient } from './lib/memcache-client.ts'
import { type MemcacheConfig, readConfig } from './lib/memcache-config.ts'
import { MemcacheStore } from './lib/memcache-store.ts'

export type { MemcacheClient, MemcacheServer } from './lib/memcache-client.ts'
export type { MemcacheConfig } from './lib/memcache-config.ts'
export { MemcacheStore, type MemcacheStoreContext } from './lib/memcache-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** Servers, e.g. `'127.0.0.1:11211;127.0.0.2:11211'`, options, or a client of memjs. */
    memcache: string | MemcacheConfig | MemcacheClient
  }
}

/** Sessions in memcached. */
export const memcache: EngineType<'memcache'> = {
  name: 'memcache',
  open: async ({ config, clock, timeout }) =>
    fromRecordStore(
      await MemcacheStore.open(config as string | MemcacheConfig | MemcacheClient, { clock, timeout }),
    ),
  check: ({ config }) => void readConfig(config),
}

register(memcache.name, memcache, '@sess/memcache')
