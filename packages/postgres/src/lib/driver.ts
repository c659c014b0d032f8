/** What the engine uses of a connection of `pg`, in any version that has it. */
export interface PostgresConnection {
  query(call: PostgresCall): Promise<PostgresAnswer | readonly PostgresAnswer[]>
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  release(destroy?: boolean): void
}

/** A statement as `pg` takes it. What is set here wins over the settings of its pool. */
export interface PostgresCall {
  text: string
  values: (string | number | Buffer)[]
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
  connect(): Promise<PostgresConnection>
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
