/**
 * Sessions in PostgreSQL. Importing this registers the engine `postgresql`, which is also the value {@link postgresql}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import { ENGINE } from './lib/dialect.ts'
import type { PostgresPool } from './lib/driver.ts'
import { type PostgresConfig, readConfig } from './lib/postgres-config.ts'
import { PostgresStore } from './lib/postgres-store.ts'

export type { PostgresAnswer, PostgresCall, PostgresConnection, PostgresPool } from './lib/driver.ts'
export type { PostgresConfig } from './lib/postgres-config.ts'
export { PostgresStore, type PostgresStoreContext } from './lib/postgres-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** `'postgres://user:password@host/database?sslmode=verify-full'`, `'host=… user=…'`, options, or a pool of `pg`. */
    postgresql: string | PostgresConfig | PostgresPool
  }
}

/** Sessions in PostgreSQL. */
export const postgresql: EngineType<'postgresql'> = {
  name: ENGINE,
  open: async ({ config, clock, timeout }) =>
    fromRecordStore(
      await PostgresStore.open(config as string | PostgresConfig | PostgresPool, { clock, timeout }),
    ),
  check: ({ config }) => void readConfig(config),
}

register(postgresql.name, postgresql, '@sess/postgres')
