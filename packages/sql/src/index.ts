/**
 * What the SQL engines share: the statements, the store over them, and the rules of tables. Users of sessions
 * import `@sess/mysql` or `@sess/postgres`; this is for whoever writes an engine for another SQL database.
 *
 * @module
 */
export { readFlag, readNumbers } from './lib/config.ts'
export {
  MAINTENANCE_LIMIT,
  type SqlDatabase,
  type SqlResult,
  type SqlStatement,
  type SqlValue,
} from './lib/database.ts'
export type { SqlDialect } from './lib/dialect.ts'
export { SqlStore, type SqlStoreSettings } from './lib/sql-store.ts'
export { prepareTable, readTableName, type SqlTable, type TableName, type TablePlan } from './lib/table.ts'
export { UnreachableError } from './lib/unreachable-error.ts'
export { withoutUser } from './lib/without-user.ts'
