import type { PostgresAnswer, PostgresCallback } from './driver.ts'
import { readColumn } from './read-column.ts'

/** What `pg` lets a query that is not its own do with a connection. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void }
  /** The texts of the statements that are prepared on this connection, by their names. */
  readonly parsedStatements: Readonly<Record<string, string>>
  parse(statement: { name: string; text: string }): void
  bind(portal: { statement: string; values: readonly (string | Buffer)[] }): void
  describe(what: { type: 'P' }): void
  execute(portal: object): void
  sync(): void
}

/** A statement that the server keeps under a name, on every connection from its first run on. */
export interface PreparedStatement {
  readonly name: string
  readonly text: string
  /** How to read its columns, when the server has told what they are. */
  columns?: readonly ((text: string) => unknown)[]
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

  constructor(statement: PreparedStatement, values: readonly (string | Buffer)[]) {
    this.name = statement.name
    this.text = statement.text
    this.#statement = statement
    this.#values = values
  }

  submit(wire: Wire): void {
    const { name } = this
    // All in one packet.
    wire.stream.cork()
    if (wire.parsedStatements[name] === undefined) wire.parse(this)
    wire.bind({ statement: name, values: this.#values })
    if (this.#statement.columns === undefined) wire.describe({ type: 'P' })
    wire.execute({})
    wire.sync()
    wire.stream.uncork()
  }

  handleRowDescription({ fields }: { fields: readonly { dataTypeID: number }[] }): void {
    this.#statement.columns = fields.map(({ dataTypeID }) => readColumn(dataTypeID))
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const { columns } = this.#statement
    this.rows.push(fields.map((text, i) => (text === null ? null : columns?.[i]?.(text))))
  }

  /** `text` is `'SELECT 1'`, `'UPDATE 1'`, `'INSERT 0 1'`. */
  handleCommandComplete({ text }: { text: string }): void {
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1))
  }

  handleReadyForQuery(): void {
    // Asked, the server said that there are none.
    this.#statement.columns ??= []
    this.callback?.(null, this)
  }

  handleError(error: unknown): void {
    this.callback?.(error, this)
  }
}

/** Whether a client takes such runs: that of `pg` does unless it is set to pipeline, and pg-native's does not. */
export function takesRuns({ connection, pipeline }: { connection?: object; pipeline?: boolean }): boolean {
  return connection !== undefined && 'parsedStatements' in connection && pipeline !== true
}
