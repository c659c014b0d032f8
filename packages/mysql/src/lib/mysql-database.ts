import { clearTimeout, SessionError, setTimeout } from '@sess/core/engine'
import {
  MAINTENANCE_LIMIT,
  type SqlDatabase,
  type SqlResult,
  type SqlStatement,
  type SqlValue,
  UnreachableError,
} from '@sess/sql'
import { ConnectionLine, type Waiter } from './connection-line.ts'
import { discard, type MysqlCallback, type MysqlConnection, type MysqlPool } from './driver.ts'
import { asBuffer, withLiterals } from './literals.ts'
import { hasNoRoom, isGivenUp, isLost, isMissingTable, isTaken, withoutStatement } from './mysql-errors.ts'

export interface MysqlDatabaseOptions {
  readonly pool: MysqlPool
  readonly prepared: boolean
  /** The most that a call may take, in milliseconds, the wait for a free connection included. */
  readonly limit: number
  /** Run on every connection before anything else. */
  readonly greeting?: string | undefined
  /** The pool is the user's, and has settings of its own, which must not change what is read. */
  readonly isGiven?: boolean
  /** Closes the pool; left out if it is the user's. */
  readonly close?: () => Promise<void>
}

/** Sends one statement on one connection. */
type Send = (
  connection: MysqlConnection,
  text: string,
  values: readonly SqlValue[],
  done: MysqlCallback,
) => void

/** Is told what came of it. */
type Done<T> = (error: unknown, result?: T) => void

/** Runs statements on one connection. */
export type Run = (statement: SqlStatement, values: readonly SqlValue[]) => Promise<SqlResult>

/** A pool of mysql2. */
export class MysqlDatabase implements SqlDatabase {
  readonly #line: ConnectionLine
  readonly #send: Send
  readonly #limit: number
  readonly #greeting: string | undefined
  readonly #close: (() => Promise<void>) | undefined
  readonly #known = new WeakSet<MysqlConnection>()
  #isClosed = false

  constructor({ pool, prepared, limit, greeting, isGiven = false, close }: MysqlDatabaseOptions) {
    this.#line = new ConnectionLine(pool)
    this.#send = isGiven ? sender(prepared) : senderToOwn(prepared)
    this.#limit = limit
    this.#greeting = greeting
    this.#close = close
  }

  run(statement: SqlStatement, values: readonly SqlValue[]): Promise<SqlResult> {
    const limit = statement.isMaintenance ? this.#maintenanceLimit : this.#limit
    return this.#withConnection(limit, isHarmless, (connection, done) => {
      this.#send(connection, statement.text, values, (error, result) =>
        done(error, error ? undefined : resultOf(result)),
      )
    })
  }

  /** Runs statements that need the same connection. If one fails, so does the connection, with all that it holds. */
  together<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return this.#withConnection<T>(this.#maintenanceLimit, never, (connection, done) => {
      const run: Run = (statement, values) =>
        new Promise((resolve, reject) => {
          this.#send(connection, statement.text, values, (error, result) =>
            error ? reject(error) : resolve(resultOf(result)),
          )
        })
      work(run).then(result => done(null, result), done)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#close?.()
  }

  get #maintenanceLimit(): number {
    return Math.max(this.#limit, MAINTENANCE_LIMIT)
  }

  /**
   * `mayStay`: whether the connection is as good as before when a statement has failed with this error. All in
   * callbacks: what each promise costs, every request pays.
   */
  #withConnection<T>(
    limit: number,
    mayStay: (error: unknown) => boolean,
    work: (connection: MysqlConnection, done: Done<T>) => void,
  ): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise<T>((resolve, reject) => {
      let connection: MysqlConnection | undefined
      let isOver = false
      const timer = setTimeout(() => {
        isOver = true
        if (connection) discard(connection)
        else this.#line.leave(start)
        reject(new SessionError('ERR_TIMEOUT', `The database did not answer within ${limit} ms`))
      }, limit)
      // The connection of a sweep keeps the process, and when that is closed nothing else has to.
      if (limit > this.#limit) timer.unref()
      const done: Done<T> = (error, result) => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        // Another connection may fare better: to a server that may write, or that has started again.
        if (connection && error && !mayStay(error)) discard(connection)
        else if (connection) {
          connection.off('error', ignore)
          connection.release()
        }
        if (error) reject(withoutStatement(error))
        else resolve(result as T)
      }
      const start: Waiter = (error, free) => {
        // Nothing was sent, so nothing can have been done.
        if (error) return done(this.#unreachable(error))
        connection = free
        // What becomes of a statement its own callback says; as an event alone it would end the process.
        free.on('error', ignore)
        if (!this.#greeting || this.#known.has(free)) work(free, done)
        else this.#greet(free, this.#greeting, failure => (failure ? done(failure) : work(free, done)))
      }
      this.#line.join(start)
    })
  }

  #greet(connection: MysqlConnection, greeting: string, done: (error?: unknown) => void): void {
    connection.query(greeting, error => {
      if (error) return done(new UnreachableError(withoutStatement(error)))
      this.#known.add(connection)
      done()
    })
  }

  #unreachable(error: Error): unknown {
    return this.#isClosed ? closed() : new UnreachableError(error)
  }
}

function closed(): SessionError {
  return new SessionError('ERR_CLOSED', 'The mysql store is closed')
}

/** Of a pool with settings of its own: each call says how its result is read. */
function sender(prepared: boolean): Send {
  const call = { rowsAsArray: true, namedPlaceholders: false, nestTables: false, typeCast } as const
  const plain: Send = (connection, text, values, done) =>
    void connection.query({ ...call, sql: withLiterals(text, values), values: [] }, done)
  const execute: Send = (connection, text, values, done) =>
    void connection.execute({ ...call, sql: text, values: values.map(bound) }, done)
  const forget = (connection: MysqlConnection, sql: string) =>
    connection.unprepare({ ...call, sql, values: [] })
  return prepared ? preparing(execute, forget, plain) : plain
}

/** Of a pool that is set as the engine reads results. */
function senderToOwn(prepared: boolean): Send {
  const plain: Send = (connection, text, values, done) =>
    void connection.query(withLiterals(text, values), done)
  const execute: Send = (connection, text, values, done) =>
    void connection.execute(text, values.map(bound), done)
  const forget = (connection: MysqlConnection, text: string) => connection.unprepare(text)
  return prepared ? preparing(execute, forget, plain) : plain
}

/** What the server refused before it did anything is sent once more: prepared again, or with the values in it. */
function preparing(
  execute: Send,
  forget: (connection: MysqlConnection, text: string) => unknown,
  plain: Send,
): Send {
  return (connection, text, values, done) =>
    execute(connection, text, values, (error, result) => {
      if (isLost(error)) {
        forget(connection, text)
        execute(connection, text, values, done)
      } else if (hasNoRoom(error)) plain(connection, text, values, done)
      else done(error, result)
    })
}

/** As the driver does by itself. Only another function wins over one that is set for the pool. */
function typeCast(_: unknown, next: () => unknown): unknown {
  return next()
}

/** The statement alone failed, as statements do. */
function isHarmless(error: unknown): boolean {
  return isTaken(error) || isGivenUp(error) || isMissingTable(error)
}

function ignore(): void {}

function never(): boolean {
  return false
}

function bound(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? asBuffer(value) : value
}

function resultOf(result: unknown): SqlResult {
  if (Array.isArray(result)) return { rows: result, affected: 0 }
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows }
}
