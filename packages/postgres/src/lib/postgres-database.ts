import { createHash } from 'node:crypto'
import { clearTimeout, SessionError, setTimeout } from '@sess/core/engine'
import {
  MAINTENANCE_LIMIT,
  type SqlDatabase,
  type SqlResult,
  type SqlStatement,
  type SqlValue,
  UnreachableError,
} from '@sess/sql'
import type {
  PostgresAnswer,
  PostgresCall,
  PostgresCallback,
  PostgresConnection,
  PostgresPool,
} from './driver.ts'
import { ignore, listenTo, stopListeningTo } from './pool-listener.ts'
import { isHarmless, isStale, statementError } from './postgres-errors.ts'
import { PreparedRun, type PreparedStatement, takesRuns } from './prepared-run.ts'
import { readColumn } from './read-column.ts'

export interface PostgresDatabaseOptions {
  readonly pool: PostgresPool
  readonly prepared: boolean
  /** The most that a call may take, in milliseconds, the wait for a free connection included. */
  readonly limit: number
  /** Closes the pool; left out if it is the user's. */
  readonly close?: () => Promise<void>
}

/** A pool of `pg`. */
export class PostgresDatabase implements SqlDatabase {
  readonly #pool: PostgresPool
  readonly #prepared: boolean
  readonly #limit: number
  readonly #close: (() => Promise<void>) | undefined
  readonly #statements = new WeakMap<SqlStatement, PreparedStatement>()
  #isClosed = false

  constructor({ pool, prepared, limit, close }: PostgresDatabaseOptions) {
    this.#pool = pool
    this.#prepared = prepared
    this.#limit = limit
    this.#close = close
    listenTo(pool)
  }

  run(statement: SqlStatement, values: readonly SqlValue[]): Promise<SqlResult> {
    const bound = values.map(asText)
    if (!statement.isMaintenance)
      return this.#withConnection(this.#limit, isHarmless, (connection, done) =>
        this.#send(connection, statement, bound, done),
      )
    // The server has a limit of its own for the statements that somebody waits for.
    const limit = Math.max(this.#limit, MAINTENANCE_LIMIT)
    const begin = plain(`BEGIN; SET LOCAL statement_timeout = ${limit}`)
    const call = plain(statement.text, bound)
    return this.#withConnection(limit, never, (connection, done) =>
      inTransaction(connection, begin, call, done),
    )
  }

  /** Runs statements in a transaction that is rolled back, in one round trip. Gives how many rows each found. */
  async tryOut(texts: readonly string[]): Promise<number[]> {
    const script = plain(['BEGIN', ...texts, 'ROLLBACK'].join(';'))
    let found: number[] = []
    await this.#withConnection(this.#limit, never, (connection, done) =>
      connection.query(script, (error, answers) => {
        if (!error) found = (answers as PostgresAnswer[]).slice(1, -1).map(({ rowCount }) => rowCount ?? 0)
        done(error, answers)
      }),
    )
    return found
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#close) await this.#close()
    else stopListeningTo(this.#pool)
  }

  /**
   * `mayStay`: whether the connection is as good as before when a statement has failed with this error. All in
   * callbacks, and one deadline for all: what each promise costs, every request pays.
   */
  #withConnection(
    limit: number,
    mayStay: (error: unknown) => boolean,
    work: (connection: PostgresConnection, done: PostgresCallback) => void,
  ): Promise<SqlResult> {
    return new Promise((resolve, reject) => {
      let connection: PostgresConnection | undefined
      let isOver = false
      const end = (isGood: boolean) => {
        isOver = true
        clearTimeout(timer)
        connection?.off('error', ignore)
        // Whatever it was, another connection may fare better: on a server that may write, or that has started again.
        connection?.release(!isGood)
      }
      const timer = setTimeout(() => {
        end(false)
        reject(new SessionError('ERR_TIMEOUT', 'The database did not answer in time'))
      }, limit)
      this.#pool.connect((failure, free) => {
        if (isOver) return free?.release()
        if (free === undefined) {
          end(true)
          return reject(this.#unreachable(failure))
        }
        connection = free
        // What breaks under a statement breaks the statement; as an event alone it would end the process.
        free.on('error', ignore)
        work(free, (error, answer) => {
          if (isOver) return
          end(error ? mayStay(error) : true)
          if (error) reject(statementError(error))
          else resolve(resultOf(answer))
        })
      })
    })
  }

  #unreachable(error: unknown): SessionError {
    if (this.#isClosed) return new SessionError('ERR_CLOSED', 'The postgresql store is closed')
    return new UnreachableError(error)
  }

  #send(
    connection: PostgresConnection,
    statement: SqlStatement,
    values: Bound,
    done: PostgresCallback,
  ): void {
    if (!this.#prepared) return void connection.query(plain(statement.text, values), done)
    const known = this.#statements.get(statement) ?? this.#prepare(statement)
    const [first, second] = takesRuns(connection)
      ? [new PreparedRun(known, values), () => new PreparedRun(known, values, true)]
      : [{ ...plain(known.text, values), name: known.name }, () => plain(known.text, values)]
    connection.query(first, (error, answer) => {
      // The server refused it before it did anything.
      if (isStale(error)) connection.query(second(), done)
      else done(error, answer)
    })
  }

  #prepare(statement: SqlStatement): PreparedStatement {
    const { text } = statement
    // The pool may be shared with others, and a name means the same text on every connection.
    const name = `sess_${createHash('sha256').update(text).digest('hex').slice(0, 24)}`
    const prepared = { name, text, columns: new WeakMap() }
    this.#statements.set(statement, prepared)
    return prepared
  }
}

type Bound = PostgresCall['values']

function inTransaction(
  connection: PostgresConnection,
  begin: PostgresCall,
  call: PostgresCall,
  done: PostgresCallback,
): void {
  connection.query(begin, (failure, none) => {
    if (failure) return done(failure, none)
    connection.query(call, (error, answer) => {
      if (error) return done(error, answer)
      connection.query(plain('COMMIT'), failed => done(failed, answer))
    })
  })
}

function plain(text: string, values: Bound = []): PostgresCall {
  return { text, values, rowMode: 'array', types }
}

const types: PostgresCall['types'] = { getTypeParser: readColumn }

function never(): boolean {
  return false
}

function asText(value: SqlValue): string | Buffer {
  if (typeof value !== 'object') return String(value)
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

/** Of several statements in one text, the last one counts. */
function resultOf(answer: PostgresAnswer | readonly PostgresAnswer[]): SqlResult {
  const last = (Array.isArray(answer) ? answer.at(-1) : answer) as PostgresAnswer
  return { rows: last.rows, affected: last.rowCount ?? 0 }
}
