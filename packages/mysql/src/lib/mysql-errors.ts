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

export function isTaken(error: unknown): boolean {
  return (error as DriverError | undefined)?.errno === TAKEN
}

export function isGivenUp(error: unknown): boolean {
  return GIVEN_UP.includes((error as DriverError | undefined)?.errno)
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
