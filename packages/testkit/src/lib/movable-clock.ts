import type { Clock } from '@sess/core/engine'

/**
 * A clock that stands still until it is moved.
 *
 * It starts at the real time, so that a backend which expires records by its own clock agrees with it, and
 * off the full second, so that rounding shows.
 */
export class MovableClock implements Clock {
  #now: number

  constructor(start: number = Math.floor(Date.now() / 1000) * 1000 + 567) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  /** Moves the clock ahead by so many milliseconds. */
  advance(milliseconds: number): void {
    this.#now += milliseconds
  }

  /** Moves the clock to a moment, in milliseconds since 1970. */
  moveTo(moment: number): void {
    this.#now = moment
  }
}
