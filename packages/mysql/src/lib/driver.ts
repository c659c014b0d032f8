/** What the engine uses of a connection of mysql2, in any version that has it. */
export interface MysqlConnection {
  query(options: MysqlCall, callback: MysqlCallback): unknown
  query(sql: string, callback: MysqlCallback): unknown
  execute(options: MysqlCall, callback: MysqlCallback): unknown
  execute(sql: string, values: MysqlCall['values'], callback: MysqlCallback): unknown
  unprepare(statement: MysqlCall | string): unknown
  on(event: 'error', listener: () => void): unknown
  off(event: 'error', listener: () => void): unknown
  release(): void
  destroy(): void
}

export type MysqlCallback = (error: Error | null, result: unknown) => void

/** A statement as mysql2 takes it. What is set here wins over the settings of its pool. */
export interface MysqlCall {
  sql: string
  values: (string | number | Uint8Array)[]
  rowsAsArray: true
  namedPlaceholders: false
  nestTables: false
  typeCast: (field: unknown, next: () => unknown) => unknown
}

/** A pool of callbacks, as `createPool` of `mysql2` gives it. */
export interface MysqlPool {
  getConnection(callback: (error: Error | null, connection: MysqlConnection) => void): void
}

/** A pool of promises, as `createPool` of `mysql2/promise` gives it. */
export interface MysqlPromisePool {
  readonly pool: MysqlPool
}

/** A pool that the user made. */
export type MysqlClient = MysqlPool | MysqlPromisePool

export function isClient(value: unknown): value is MysqlClient {
  return isPool(value) || isPool((value as Partial<MysqlPromisePool> | null | undefined)?.pool)
}

export function poolOf(client: MysqlClient): MysqlPool {
  return 'pool' in client && isPool(client.pool) ? client.pool : (client as MysqlPool)
}

function isPool(value: unknown): value is MysqlPool {
  return typeof (value as Partial<MysqlPool> | null | undefined)?.getConnection === 'function'
}

/** Whether a pool is one of mysql2, or a cluster of those: the pools of `mysql` and `mariadb` have other calls. */
export function isOfMysql2(pool: MysqlPool): boolean {
  const { execute, of, batch } = pool as { execute?: unknown; of?: unknown; batch?: unknown }
  return (typeof execute === 'function' || typeof of === 'function') && batch === undefined
}

/** Closes a connection so that nobody gets it again, and without waiting for a server that may be gone. */
export function discard(connection: MysqlConnection & { stream?: { destroy?(): void } }): void {
  connection.destroy()
  connection.stream?.destroy?.()
}
