/**
 * Where the time comes from. {@link systemClock} is one; tests pass an object whose `now` they move.
 * Core and engines never call `Date.now()` themselves.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}

/** The global `Date` as it is at each call: a test may replace it at any moment, to travel in time. */
export const systemClock: Clock = { now: () => Date.now() }
