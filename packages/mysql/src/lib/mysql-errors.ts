/** A driver's error, as far as it says something. */
interface DriverError extends Error {
  code?: unknown
  errno?: unknown
  sql?: unknown
}

const TAKEN = 1062
const STATEMENT_LOG = 1665
/** Deadlock, or a conflict in a cluster; lock wait timeout. */
const GIVEN_UP: readonly unknown[] = [1213, 1205]
/** On a table, on a column of it. */
const DENIED: readonly unknown[] = [1142, 1143]
const NO_TABLE = 1146
const STATEMENT_LOST = 1243
const TOO_MANY_STATEMENTS = 1461

export function isTaken(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === TAKEN
}

export function isGivenUp(error: unknown): boolean {
  return GIVEN_UP.includes((error as DriverError | undefined)?.errno)
}

/** Whether the account has no right to a statement. */
export function isDenied(error: unknown): boolean {
  return DENIED.includes((error as DriverError | undefined)?.errno)
}

export function isMissingTable(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === NO_TABLE
}

/** Whether the server does not know a statement that was prepared, as after a reset of the connection: it was not done. */
export function isLost(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === STATEMENT_LOST
}

/** Whether the server prepares no further statement (`max_prepared_stmt_count`): it was not done. */
export function hasNoRoom(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === TOO_MANY_STATEMENTS
}

/** Whether the server keeps a log of statements, which it cannot do under READ COMMITTED. */
export function needsRepeatableRead(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === STATEMENT_LOG
}

export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as DriverError
  return typeof code === 'string' ? code : (name ?? 'unknown error')
}

/** The driver's error without the statement, which may have values in it. */
export function withoutStatement(error: unknown): unknown {
  if (error instanceof Error && 'sql' in error) delete (error as DriverError).sql
  return error
}
