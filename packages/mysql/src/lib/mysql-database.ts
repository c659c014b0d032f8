import { SessionError } from '@sess/core/engine'
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
import { isGivenUp, isTaken, withoutStatement } from './mysql-errors.ts'

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
type Send = (connection: MysqlConnection, text: string, values: readonly SqlValue[]) => Promise<SqlResult>

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
    return this.#withConnection(
      connection => this.#send(connection, statement.text, values),
      statement.isMaintenance ? this.#maintenanceLimit : this.#limit,
      error => isTaken(error) || isGivenUp(error),
    )
  }

  /** Runs statements that need the same connection. If one fails, so does the connection, with all that it holds. */
  together<T>(work: (run: Run) => Promise<T>): Promise<T> {
    return this.#withConnection(
      connection => work((statement, values) => this.#send(connection, statement.text, values)),
      this.#maintenanceLimit,
      () => false,
    )
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#close?.()
  }

  get #maintenanceLimit(): number {
    return Math.max(this.#limit, MAINTENANCE_LIMIT)
  }

  #withConnection<T>(
    work: (connection: MysqlConnection) => Promise<T>,
    limit: number,
    isHarmless: (error: unknown) => boolean,
  ): Promise<T> {
    if (this.#isClosed) return Promise.reject(closed())
    return new Promise<T>((resolve, reject) => {
      let connection: MysqlConnection | undefined
      let isOver = false
      const end = (settle: () => void) => {
        if (isOver) return
        isOver = true
        clearTimeout(timer)
        settle()
      }
      const timer = setTimeout(
        () =>
          end(() => {
            if (connection) discard(connection)
            else this.#line.leave(start)
            reject(new SessionError('ERR_TIMEOUT', `The database did not answer within ${limit} ms`))
          }),
        limit,
      )
      const fail = (error: unknown) =>
        end(() => {
          if (isHarmless(error)) connection?.release()
          // Another connection may fare better: to a server that may write, or that has started again.
          else if (connection) discard(connection)
          reject(withoutStatement(error))
        })
      const start: Waiter = (error, free) => {
        // Nothing was sent, so nothing can have been done.
        if (error) return end(() => reject(this.#unreachable(error)))
        connection = free
        const done = this.#known.has(free) ? work(free) : this.#greet(free).then(() => work(free))
        done.then(
          result =>
            end(() => {
              free.release()
              resolve(result)
            }),
          fail,
        )
      }
      this.#line.join(start)
    })
  }

  async #greet(connection: MysqlConnection): Promise<void> {
    // What becomes of a statement its own callback says; an idle connection that ends is none of ours.
    connection.on('error', () => undefined)
    try {
      if (this.#greeting) await greet(connection, this.#greeting, [])
    } catch (error) {
      throw new UnreachableError(error)
    }
    this.#known.add(connection)
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
  return (connection, text, values) =>
    result(done => {
      const call = { rowsAsArray: true, namedPlaceholders: false, nestTables: false, typeCast } as const
      if (prepared) connection.execute({ ...call, sql: text, values: values.map(bound) }, done)
      else connection.query({ ...call, sql: withLiterals(text, values), values: [] }, done)
    })
}

/** Of a pool that is set as the engine reads results. */
function senderToOwn(prepared: boolean): Send {
  return (connection, text, values) =>
    result(done => {
      if (prepared) connection.execute(text, values.map(bound), done)
      else connection.query(withLiterals(text, values), done)
    })
}

const greet = senderToOwn(false)

function result(call: (done: MysqlCallback) => void): Promise<SqlResult> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(resultOf(result))))
  })
}

/** As the driver does by itself. Only another function wins over one that is set for the pool. */
function typeCast(_: unknown, next: () => unknown): unknown {
  return next()
}

function bound(value: SqlValue): SqlValue {
  return value instanceof Uint8Array ? asBuffer(value) : value
}

function resultOf(result: unknown): SqlResult {
  if (Array.isArray(result)) return { rows: result, affected: 0 }
  return { rows: [], affected: (result as { affectedRows: number }).affectedRows }
}
