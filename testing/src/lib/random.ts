/** Random numbers that a seed repeats (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0, below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] as T
  }
}

/** Another one each time, or the one that `SESS_TEST_SEED` has, to repeat what a failure has named. */
export function newSeed(): number {
  return Number(process.env.SESS_TEST_SEED) || Math.floor(Math.random() * 2 ** 32)
}
