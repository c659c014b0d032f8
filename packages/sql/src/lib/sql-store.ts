import {
  type Clock,
  configError,
  type RecordStore,
  revisionOf,
  SessionError,
  type StoredRecord,
  type Token,
} from '@sess/core/engine'
import type { SqlDatabase, SqlResult, SqlStatement, SqlValue } from './database.ts'
import type { SqlDialect } from './dialect.ts'
import { type Statements, statementsFor } from './statements.ts'
import type { SqlTable } from './table.ts'

/** Collations may fold case and pad blanks; these are kept apart by all of them that engines accept. */
const ID = /^[0-9a-z_-]{1,64}$/

/** What a {@link SqlStore} is made of. */
export interface SqlStoreSettings {
  readonly database: SqlDatabase
  readonly dialect: SqlDialect
  readonly table: SqlTable
  readonly clock: Clock
  /**
   * Deletes at most `limit` rows whose expiry is `now` or before, in units of the table, without getting in
   * the way of live ones. Gives their number: 0 while somebody else does it.
   */
  readonly sweep: (now: number, limit: number) => Promise<number>
}

/** Sessions in a table of a SQL database, one row each. */
export class SqlStore implements RecordStore {
  readonly maxBytes: number
  readonly #database: SqlDatabase
  readonly #dialect: SqlDialect
  readonly #table: SqlTable
  readonly #clock: Clock
  readonly #sweep: (now: number, limit: number) => Promise<number>
  readonly #statements: Statements
  #isClosed = false

  constructor({ database, dialect, table, clock, sweep }: SqlStoreSettings) {
    this.maxBytes = table.maxBytes
    this.#database = database
    this.#dialect = dialect
    this.#table = table
    this.#clock = clock
    this.#sweep = sweep
    this.#statements = statementsFor(dialect, table.name.quoted)
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    const { rows } = await this.#run(this.#statements.load, [checked(id)])
    const [row] = rows
    if (row === undefined) return undefined
    const expiresAt = Number(row[1]) * this.#table.expiryUnit
    if (expiresAt <= this.#clock.now()) return undefined
    // SQL has null for no bytes; such a row is damaged and so no record.
    const data = row[0] ?? new Uint8Array()
    if (!(data instanceof Uint8Array)) throw this.#changed()
    return { data, expiresAt, token: revisionOf(data) }
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    const key = checked(id)
    const expiry = this.#expiry(expiresAt)
    if (await this.#insert(key, data, expiry)) return revisionOf(data)
    // What is in the way is a live row, or one that is expired and so absent,
    if (await this.#matches(this.#statements.replaceExpired, [data, expiry, key, this.#now()]))
      return revisionOf(data)
    // or it was one that is swept by now.
    return (await this.#insert(key, data, expiry)) ? revisionOf(data) : undefined
  }

  async update(id: string, data: Uint8Array, expiresAt: number, token: Token): Promise<Token | undefined> {
    const values = [data, this.#expiry(expiresAt), checked(id), this.#now(), revision(token)]
    return (await this.#matches(this.#statements.swap, values)) ? revisionOf(data) : undefined
  }

  async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const values = [this.#expiry(expiresAt), checked(id), this.#now(), revision(token)]
    return (await this.#matches(this.#statements.extend, values)) ? token : undefined
  }

  async delete(id: string, token?: Token): Promise<boolean> {
    const key = checked(id)
    if (token !== undefined)
      return this.#matches(this.#statements.deleteRevision, [key, this.#now(), revision(token)])
    try {
      return (await this.#run(this.#statements.delete, [key, this.#now()])).affected > 0
    } catch (error) {
      // There is no "changed meanwhile" to answer with.
      if (this.#dialect.isGivenUp(error))
        throw new SessionError('ERR_BACKEND', 'The database is busy and gave the delete up: nothing was done')
      throw error
    }
  }

  async count(now: number): Promise<number> {
    const { rows } = await this.#run(this.#statements.count, [this.#inUnits(now)])
    return Number(rows[0]?.[0])
  }

  async sweep(now: number, limit: number): Promise<number> {
    this.#checkOpen()
    return this.#sweep(this.#inUnits(now), limit)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#database.close()
  }

  async #insert(key: string, data: Uint8Array, expiry: number): Promise<boolean> {
    try {
      return await this.#matches(this.#statements.insert, [key, data, expiry])
    } catch (error) {
      if (this.#dialect.isTaken(error)) return false
      throw error
    }
  }

  /** Whether a statement found its row. If it was given up, it counts as late: the caller looks again. */
  #matches(statement: SqlStatement, values: SqlValue[]): Promise<boolean> {
    return this.#run(statement, values).then(
      ({ affected }) => affected > 0,
      (error: unknown) => {
        if (this.#dialect.isGivenUp(error)) return false
        throw error
      },
    )
  }

  #run(statement: SqlStatement, values: SqlValue[]): Promise<SqlResult> {
    this.#checkOpen()
    return this.#database.run(statement, values)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', `The ${this.#dialect.engine} store is closed`)
  }

  #changed(): SessionError {
    return configError(
      this.#dialect.engine,
      `: the column session_data of the table ${this.#table.name.quoted} was changed and holds no bytes any more`,
    )
  }

  #now(): number {
    return this.#inUnits(this.#clock.now())
  }

  /** A whole expiry is over at `now` if and only if it is not greater than this. */
  #inUnits(now: number): number {
    return Math.floor(now / this.#table.expiryUnit)
  }

  /** Never early. */
  #expiry(expiresAt: number): number {
    const expiry = Math.ceil(expiresAt / this.#table.expiryUnit)
    if (expiry <= this.#table.maxExpiry) return expiry
    const last = new Date(this.#table.maxExpiry * this.#table.expiryUnit).toISOString().slice(0, 10)
    throw new SessionError(
      'ERR_CONFIG',
      `The lifetime ends after ${last}, the last day that the column session_expiry can hold: make it a bigint, or the lifetime shorter`,
    )
  }
}

function checked(id: string): string {
  if (ID.test(id)) return id
  throw new SessionError(
    'ERR_INVALID_ID',
    'A SQL engine stores ids of 1 to 64 digits, lower-case letters, - and _ only: a table may take others for equal',
  )
}

function revision(token: Token): Uint8Array {
  return Buffer.from(token as string, 'latin1')
}
