/**
 * Sessions in MySQL or MariaDB. Importing this registers the engine `mysql`, which is also the value {@link mysql}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromRecordStore, register } from '@sess/core/engine'
import type { MysqlClient } from './lib/driver.ts'
import { type MysqlConfig, readConfig } from './lib/mysql-config.ts'
import { MysqlStore } from './lib/mysql-store.ts'

export type { MysqlCall, MysqlClient, MysqlConnection, MysqlPool, MysqlPromisePool } from './lib/driver.ts'
export type { MysqlConfig } from './lib/mysql-config.ts'
export { MysqlStore, type MysqlStoreContext } from './lib/mysql-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** `'user:password@tcp(127.0.0.1:3306)/app'`, a URL, options, or a pool of mysql2. */
    mysql: string | MysqlConfig | MysqlClient
  }
}

/** Sessions in MySQL or MariaDB. */
export const mysql: EngineType<'mysql'> = {
  name: 'mysql',
  open: async ({ config, clock, timeout }) =>
    fromRecordStore(await MysqlStore.open(config as string | MysqlConfig | MysqlClient, { clock, timeout })),
  check: ({ config }) => void readConfig(config),
}

register(mysql.name, mysql, '@sess/mysql')
