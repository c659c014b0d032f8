/** How a batch went for one of its items. */
export type Outcome<Result> = { value: Result } | { error: unknown }

interface Waiting<Item, Result> {
  item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Work on one key, one batch at a time: what arrives while a batch runs makes up the next one. A hundred
 * writers of one session so cost two writes, not a hundred.
 */
export class KeyedBatches<Item, Result> {
  readonly #run: (key: string, items: Item[]) => Promise<Outcome<Result>[]>
  readonly #waiting = new Map<string, Waiting<Item, Result>[]>()

  /** `run` gives one outcome per item, in their order; if it throws, that is the outcome of all. */
  constructor(run: (key: string, items: Item[]) => Promise<Outcome<Result>[]>) {
    this.#run = run
  }

  add(key: string, item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key)
      if (waiting) {
        waiting.push({ item, resolve, reject })
      } else {
        this.#waiting.set(key, [{ item, resolve, reject }])
        void this.#work(key)
      }
    })
  }

  async #work(key: string): Promise<void> {
    for (;;) {
      const batch = this.#waiting.get(key) ?? []
      if (batch.length === 0) {
        this.#waiting.delete(key)
        return
      }
      this.#waiting.set(key, [])
      const outcomes = await this.#outcomes(key, batch)
      batch.forEach(({ resolve, reject }, i) => {
        const outcome = outcomes[i] as Outcome<Result>
        if ('error' in outcome) reject(outcome.error)
        else resolve(outcome.value)
      })
    }
  }

  async #outcomes(key: string, batch: Waiting<Item, Result>[]): Promise<Outcome<Result>[]> {
    try {
      return await this.#run(
        key,
        batch.map(({ item }) => item),
      )
    } catch (error) {
      return batch.map(() => ({ error }))
    }
  }
}
