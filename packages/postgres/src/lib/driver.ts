import type { PreparedRun } from './prepared-run.ts'

/** What the engine uses of a connection of `pg`, in any version that has it. */
export interface PostgresConnection {
  query(call: PostgresCall | PreparedRun, callback: PostgresCallback): unknown
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  release(destroy?: boolean): void
  readonly connection?: object
  readonly pipeline?: boolean
}

/** Of several statements in one text there are several answers; if it failed, none. */
export type PostgresCallback = (error: unknown, answer: PostgresAnswer | readonly PostgresAnswer[]) => void

/** A statement as `pg` takes it. What is set here wins over the settings of its pool. */
export interface PostgresCall {
  text: string
  values: (string | Buffer)[]
  rowMode: 'array'
  types: { getTypeParser(oid: number): (text: string) => unknown }
  /** Under this name the server keeps the prepared statement. */
  name?: string
}

export interface PostgresAnswer {
  readonly rows: readonly (readonly unknown[])[]
  readonly rowCount: number | null
}

/** A pool of `pg`. */
export interface PostgresPool {
  connect(callback: (error: unknown, connection: PostgresConnection | undefined) => void): unknown
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  readonly totalCount: number
  readonly options?: object
}

export function isPool(value: unknown): value is PostgresPool {
  const { connect, totalCount } = (value ?? {}) as Partial<PostgresPool>
  return typeof connect === 'function' && typeof totalCount === 'number'
}

/** A single connection, or something else of the driver that is no pool. */
export function isOtherClient(value: unknown): boolean {
  const { connect, query } = (value ?? {}) as { connect?: unknown; query?: unknown }
  return typeof connect === 'function' && typeof query === 'function'
}
