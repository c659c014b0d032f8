import type { PostgresAnswer, PostgresCallback } from './driver.ts'
import { readColumn } from './read-column.ts'

/** What `pg` lets a query that is not its own do with a connection. */
interface Wire {
  /** Streams of some runtimes, as Cloudflare's sockets, cannot be corked. */
  readonly stream: { cork?(): void; uncork?(): void }
  /** The texts of the statements that are prepared on this connection, by their names. */
  readonly parsedStatements: Readonly<Record<string, string>>
  close(what: { type: 'S'; name: string }): void
  parse(statement: { name: string; text: string }): void
  bind(portal: { statement: string; values: readonly (string | Buffer)[] }): void
  describe(what: { type: 'P' }): void
  execute(portal: object): void
  sync(): void
}

/** How to read each column of an answer. */
type Readers = readonly ((text: string) => unknown)[]

/** A statement that the server keeps under a name, on every connection from its first run on. */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
  /** By connection, when its server has told what the columns are. */
  readonly columns: WeakMap<object, Readers>
}

/**
 * One run of a prepared statement, in the place of a query of `pg`, as pg-cursor and pg-query-stream have theirs. It
 * asks what the columns are only until it knows; those of `pg` ask it on every run, make a description of each column, and
 * copy the call: that is a quarter of what a statement costs this process.
 */
export class PreparedRun implements PostgresAnswer {
  readonly name: string
  readonly text: string
  readonly rows: (readonly unknown[])[] = []
  rowCount = 0
  /** Set by `pg`, which is given it beside the query. */
  callback: PostgresCallback | undefined = undefined
  readonly #statement: PreparedStatement
  readonly #values: readonly (string | Buffer)[]
  readonly #isAnew: boolean
  #wire: Wire | undefined
  #columns: Readers | undefined

  /** `isAnew`: whether the statement is prepared once more, as what the server has under its name is of no use. */
  constructor(statement: PreparedStatement, values: readonly (string | Buffer)[], isAnew = false) {
    this.name = statement.name
    this.text = statement.text
    this.#statement = statement
    this.#values = values
    this.#isAnew = isAnew
  }

  submit(wire: Wire): void {
    const { name } = this
    const isParsed = !this.#isAnew && wire.parsedStatements[name] !== undefined
    this.#wire = wire
    this.#columns = isParsed ? this.#statement.columns.get(wire) : undefined
    // All in one packet.
    wire.stream.cork?.()
    if (this.#isAnew) wire.close({ type: 'S', name })
    if (!isParsed) wire.parse(this)
    wire.bind({ statement: name, values: this.#values })
    if (this.#columns === undefined) wire.describe({ type: 'P' })
    wire.execute({})
    wire.sync()
    wire.stream.uncork?.()
  }

  handleRowDescription({ fields }: { fields: readonly { dataTypeID: number }[] }): void {
    this.#columns = fields.map(({ dataTypeID }) => readColumn(dataTypeID))
    this.#remember(this.#columns)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    this.rows.push(fields.map((text, i) => (text === null ? null : this.#columns?.[i]?.(text))))
  }

  /** `text` is `'SELECT 1'`, `'UPDATE 1'`, `'INSERT 0 1'`. */
  handleCommandComplete({ text }: { text: string }): void {
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1))
  }

  handleReadyForQuery(): void {
    // Asked, the server said that there are none.
    if (this.#columns === undefined) this.#remember([])
    this.callback?.(null, this)
  }

  handleError(error: unknown): void {
    this.callback?.(error, this)
  }

  #remember(columns: Readers): void {
    if (this.#wire) this.#statement.columns.set(this.#wire, columns)
  }
}

/** Whether a client takes such runs: that of `pg` does unless it is set to pipeline, and pg-native's does not. */
export function takesRuns({ connection, pipeline }: { connection?: object; pipeline?: boolean }): boolean {
  return connection !== undefined && 'parsedStatements' in connection && pipeline !== true
}
