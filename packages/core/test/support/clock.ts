import type { Clock } from '../../src/lib/clock.ts'

/** A clock that stands still until it is moved. */
export class StillClock implements Clock {
  #now: number

  constructor(now = 1_800_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
  }
}
