/** How long a statement may take that looks at every row, in milliseconds: as long as core waits for it. */
export const MAINTENANCE_LIMIT = 60_000

/** What is bound to a placeholder. A number is always a whole one, and a string always ASCII. */
export type SqlValue = string | number | Uint8Array

/** A statement, made once and run often. */
export interface SqlStatement {
  /** With the placeholders of the dialect. The same statement always has the same text. */
  readonly text: string
  /** Whether it may look at every row and nobody waits for it: it has a minute, not the manager's `timeout`. */
  readonly isMaintenance?: boolean
}

/** What a statement gave. */
export interface SqlResult {
  /** Rows as arrays, in the order of the selected columns; no rows for a statement that gives none. */
  readonly rows: readonly (readonly unknown[])[]
  /** Rows inserted, deleted, or *matched* by an update, whether or not it changed them. */
  readonly affected: number
}

/** Connections to a database. Each engine has one over its driver. */
export interface SqlDatabase {
  /**
   * Runs a statement once, in a transaction of its own, in one round trip where it can. It is back in time,
   * and a connection that was not is closed and never used again. Throws what the driver throws, without the
   * statement's values in it.
   */
  run(statement: SqlStatement, values: readonly SqlValue[]): Promise<SqlResult>
  /** Lets go of what the engine opened. Called once. */
  close(): Promise<void>
}
