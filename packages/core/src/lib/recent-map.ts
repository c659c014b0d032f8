/** What was asked for lately: at most twice as many entries as it is told, the longest unused gone first. */
export class RecentMap<Value> {
  readonly #size: number
  #younger = new Map<string, Value>()
  /** Full, and on its way out: what is asked for moves to the younger. */
  #older = new Map<string, Value>()

  constructor(size: number) {
    this.#size = size
  }

  get(key: string): Value | undefined {
    const value = this.#younger.get(key)
    if (value !== undefined) return value
    const older = this.#older.get(key)
    if (older !== undefined) this.set(key, older)
    return older
  }

  set(key: string, value: Value): void {
    if (this.#younger.size >= this.#size) {
      this.#older = this.#younger
      this.#younger = new Map()
    }
    // A copy: a part of a larger string, e.g. of a header, would keep all of it in memory.
    this.#younger.set(Buffer.from(key).toString(), value)
  }
}
