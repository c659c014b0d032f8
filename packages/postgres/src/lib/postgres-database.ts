import { createHash } from 'node:crypto'
import { SessionError } from '@sess/core/engine'
import {
  MAINTENANCE_LIMIT,
  type SqlDatabase,
  type SqlResult,
  type SqlStatement,
  type SqlValue,
  UnreachableError,
} from '@sess/sql'
import type { PostgresAnswer, PostgresCall, PostgresConnection, PostgresPool } from './driver.ts'
import { inTime } from './in-time.ts'
import { isHarmless, statementError } from './postgres-errors.ts'
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
  readonly #names = new WeakMap<SqlStatement, string>()
  #isClosed = false

  constructor({ pool, prepared, limit, close }: PostgresDatabaseOptions) {
    this.#pool = pool
    this.#prepared = prepared
    this.#limit = limit
    this.#close = close
    pool.on('error', ignore)
  }

  run(statement: SqlStatement, values: readonly SqlValue[]): Promise<SqlResult> {
    const call = this.#call(statement, values)
    if (!statement.isMaintenance) return this.#withConnection(this.#limit, isHarmless, send => send(call))
    // The server has a limit of its own for the statements that somebody waits for.
    const limit = Math.max(this.#limit, MAINTENANCE_LIMIT)
    const never = () => false
    return this.#withConnection(limit, never, async send => {
      await send(plain(`BEGIN; SET LOCAL statement_timeout = ${limit}`))
      const result = await send(call)
      await send(plain('COMMIT'))
      return result
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#close) await this.#close()
    else this.#pool.off('error', ignore)
  }

  /** `mayStay`: whether the connection is as good as before when a statement has failed with this error. */
  async #withConnection(
    limit: number,
    mayStay: (error: unknown) => boolean,
    work: (send: Send) => Promise<SqlResult>,
  ): Promise<SqlResult> {
    const end = performance.now() + limit
    const connection = await this.#connection(end)
    // What breaks under a statement breaks the statement; as an event alone it would end the process.
    connection.on('error', ignore)
    let isGood = false
    try {
      const result = await work(async call =>
        resultOf(await inTime(connection.query(call), end - performance.now(), ignore)),
      )
      isGood = true
      return result
    } catch (error) {
      isGood = mayStay(error)
      throw statementError(error)
    } finally {
      connection.off('error', ignore)
      // Whatever it was, another connection may fare better: on a server that may write, or that has started again.
      connection.release(!isGood)
    }
  }

  async #connection(end: number): Promise<PostgresConnection> {
    try {
      return await inTime(this.#pool.connect(), end - performance.now(), late => late.release())
    } catch (error) {
      if (error instanceof SessionError) throw error
      if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'The postgresql store is closed')
      throw new UnreachableError(error)
    }
  }

  #call(statement: SqlStatement, values: readonly SqlValue[]): PostgresCall {
    const bound = values.map(value => (value instanceof Uint8Array ? asBuffer(value) : value))
    const call = { ...plain(statement.text), values: bound }
    return this.#prepared && !statement.isMaintenance ? { ...call, name: this.#nameOf(statement) } : call
  }

  /** The pool may be shared with others, and a name means the same text on every connection. */
  #nameOf(statement: SqlStatement): string {
    const name =
      this.#names.get(statement) ??
      `sess_${createHash('sha256').update(statement.text).digest('hex').slice(0, 24)}`
    this.#names.set(statement, name)
    return name
  }
}

/** Sends a statement on the connection that one has. */
type Send = (call: PostgresCall) => Promise<SqlResult>

function plain(text: string): PostgresCall {
  return { text, values: [], rowMode: 'array', types }
}

const types: PostgresCall['types'] = { getTypeParser: readColumn }

function ignore(): void {}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Of several statements in one text, the last one counts. */
function resultOf(answer: PostgresAnswer | readonly PostgresAnswer[]): SqlResult {
  const last = (Array.isArray(answer) ? answer.at(-1) : answer) as PostgresAnswer
  return { rows: last.rows, affected: last.rowCount ?? 0 }
}
