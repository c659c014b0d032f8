/** In what SQL databases differ, as far as sessions are concerned. */
export interface SqlDialect {
  /** The name that the engine is registered under, for messages: `'mysql'`, `'postgresql'`. */
  readonly engine: string
  /** What names are quoted with. */
  readonly quote: '`' | '"'
  /** The longest name of a table, in bytes. */
  readonly maxNameBytes: number
  /** The placeholder of the value at `position`, from 1 on: `'?'`, `'$1'`. */
  placeholder(position: number): string
  /** What follows an INSERT so that it is no error if the key is taken; `''` if there is no such thing. */
  readonly unlessTaken: string
  /** Whether an INSERT failed because the key is taken. */
  isTaken(error: unknown): boolean
  /** Whether the server gave a statement up for the sake of another one: it was not done, and may be tried again. */
  isGivenUp(error: unknown): boolean
  /**
   * What the condition of every write ends with, always true, that keeps the server from waiting for the lock of a
   * row for longer than anybody waits for the write; left out if the connection sees to that.
   */
  readonly patience?: string
}
