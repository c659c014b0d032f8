import type { Act } from './probe.ts'

/**
 * Decides which of several requests goes on, one backend call at a time, so that an interleaving can be chosen
 * and repeated.
 */
export class Scheduler {
  readonly #waiting: (() => Promise<void>)[] = []
  readonly #picks: readonly number[]
  #picked = 0

  /** `picks`: which of those that wait goes next, over and over. */
  constructor(picks: readonly number[]) {
    this.#picks = picks
  }

  /** Makes a call wait for its turn. */
  readonly turn: Act = real =>
    new Promise((resolve, reject) => {
      this.#waiting.push(async () => {
        try {
          resolve(await real())
        } catch (error) {
          reject(error)
        }
      })
    })

  /** Runs the requests to their end. @throws what the first failing one throws */
  async run(requests: readonly (() => Promise<void>)[]): Promise<void> {
    let running = requests.length
    const all = Promise.all(
      requests.map(async request => {
        try {
          await this.turn(async () => {})
          await request()
        } finally {
          running--
        }
      }),
    )
    // Awaited below; until then it must not count as unhandled.
    all.catch(() => {})
    while (running > 0 || this.#waiting.length > 0) {
      // Everybody comes as far as their next call.
      await new Promise(resolve => setImmediate(resolve))
      if (this.#waiting.length === 0) {
        if (running > 0) await new Promise(resolve => setTimeout(resolve, 1))
        continue
      }
      const pick = this.#picks[this.#picked++ % this.#picks.length] ?? 0
      const [next] = this.#waiting.splice(pick % this.#waiting.length, 1)
      await next?.()
    }
    await all
  }
}
