import { type Clock, isSessionError } from '@sess/core/engine'
import { prepareTable, readTableName, SqlStore, type TableName, type TablePlan } from '@sess/sql'
import { addressOf, connect } from './connect.ts'
import type { MysqlClient } from './driver.ts'
import { inTime } from './in-time.ts'
import { type MysqlConfig, type MysqlSettings, readConfig } from './mysql-config.ts'
import type { MysqlDatabase } from './mysql-database.ts'
import { mysqlDialect } from './mysql-dialect.ts'
import { MysqlSweeper } from './mysql-sweeper.ts'
import { describeTable, type MysqlTable, tableDefinition } from './mysql-table.ts'
import { checkWrites } from './rights.ts'
import { startError } from './start-error.ts'

/** What a {@link MysqlStore} needs besides its configuration. */
export interface MysqlStoreContext {
  readonly clock: Clock
  /** The most that a call may take, in milliseconds. Default 5000. */
  readonly timeout?: number
}

/** Sessions in a table of MySQL or MariaDB. Any number of processes may share it. */
export class MysqlStore extends SqlStore {
  private constructor(database: MysqlDatabase, table: MysqlTable, clock: Clock) {
    const sweeper = new MysqlSweeper(database, table)
    super({ database, dialect: mysqlDialect, table, clock, sweep: (now, limit) => sweeper.sweep(now, limit) })
  }

  /**
   * Connects to the database and looks at the table, within `timeout`.
   *
   * @throws ERR_CONFIG if the configuration, the account or the table is wrong
   * @throws ERR_BACKEND if the database cannot be reached
   */
  static async open(
    config: string | MysqlConfig | MysqlClient,
    { clock, timeout = 5000 }: MysqlStoreContext,
  ): Promise<MysqlStore> {
    const settings = readConfig(config)
    const name = readTableName(mysqlDialect, settings.tableName)
    let database: MysqlDatabase | undefined
    let isGivenUp = false
    try {
      return await inTime(timeout, async () => {
        database = await connect(settings, timeout)
        if (isGivenUp) await database.close()
        const table = await prepareTable(planFor(database, name, settings))
        const store = new MysqlStore(database, table, clock)
        await checkWrites(store, database, table.name, clock)
        return store
      })
    } catch (error) {
      isGivenUp = true
      const closed = database?.close()
      // A server that is silent would be so at its close as well, and the time is over.
      if (!isSessionError(error, 'ERR_TIMEOUT')) await closed
      throw startError(error, addressOf(settings))
    }
  }
}

function planFor(
  database: MysqlDatabase,
  name: TableName,
  { createTable, prepared }: MysqlSettings,
): TablePlan<MysqlTable> {
  const definition = tableDefinition(name.quoted)
  const describe = () => describeTable(database, name, prepared)
  return { database, dialect: mysqlDialect, name, createTable, definition, creation: definition, describe }
}
