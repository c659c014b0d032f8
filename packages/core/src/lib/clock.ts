/**
 * Where the time comes from. The global `Date` is one; tests pass an object whose `now` they move.
 * Core and engines never call `Date.now()` themselves.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}
