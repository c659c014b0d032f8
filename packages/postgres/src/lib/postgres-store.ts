import type { Clock } from '@sess/core/engine'
import { type SqlDialect, SqlStore, type SqlTable } from '@sess/sql'
import { connect } from './connect.ts'
import { dialect } from './dialect.ts'
import type { PostgresPool } from './driver.ts'
import { inTime } from './in-time.ts'
import { type PostgresConfig, type PostgresSettings, readConfig } from './postgres-config.ts'
import type { PostgresDatabase } from './postgres-database.ts'
import { openTable } from './postgres-table.ts'
import { addressOf, startError } from './start-error.ts'
import { sweepStatement } from './sweep.ts'

/** What a {@link PostgresStore} needs besides its configuration. */
export interface PostgresStoreContext {
  readonly clock: Clock
  /** The most that a call may take, in milliseconds. Default 5000. */
  readonly timeout?: number
}

/** Sessions in a table of PostgreSQL. Any number of processes may share it. */
export class PostgresStore extends SqlStore {
  private constructor(database: PostgresDatabase, dialect: SqlDialect, table: SqlTable, clock: Clock) {
    const statement = sweepStatement(table.name)
    const sweep = async (now: number, limit: number) =>
      (await database.run(statement, [now, limit, table.name.quoted])).affected
    super({ database, dialect, table, clock, sweep })
  }

  /**
   * Connects to the database and looks at the table, within `timeout`.
   *
   * @throws ERR_CONFIG if the configuration, the account or the table is wrong
   * @throws ERR_BACKEND if the database cannot be reached
   */
  static async open(
    config: string | PostgresConfig | PostgresPool,
    { clock, timeout = 5000 }: PostgresStoreContext,
  ): Promise<PostgresStore> {
    const settings = readConfig(config)
    const store = PostgresStore.#connect(settings, clock, timeout)
    try {
      return await inTime(store, timeout, late => void late.close())
    } catch (error) {
      throw startError(error, addressOf(settings.pool))
    }
  }

  static async #connect(settings: PostgresSettings, clock: Clock, timeout: number): Promise<PostgresStore> {
    const { database, patience } = await connect(settings, timeout)
    try {
      const table = await openTable(database, settings.name, settings.createTable, clock.now())
      return new PostgresStore(database, { ...dialect, ...(patience && { patience }) }, table, clock)
    } catch (error) {
      await database.close()
      throw error
    }
  }
}
