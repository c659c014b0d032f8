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
    if (older !== undefined) this.set(copyOf(key), older)
    return older
  }

  /** The key stays in memory: a part of a larger string, e.g. of a header, would keep all of that. See {@link copyOf}. */
  set(key: string, value: Value): void {
    if (this.#younger.size >= this.#size) {
      this.#older = this.#younger
      this.#younger = new Map()
    }
    this.#younger.set(key, value)
  }
}

/** A string of its own, for one that may be a part of a larger one. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString()
}
