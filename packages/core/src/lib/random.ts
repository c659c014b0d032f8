import { randomFillSync } from 'node:crypto'

// One call of the system's generator per 256 ids: a call costs microseconds, whatever its size.
const pool = Buffer.alloc(4096)
let used = pool.length

/** Fills the first `length` bytes of `target` with cryptographically strong random bytes. */
export function randomInto(target: Uint8Array, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  pool.copy(target, 0, used, used + length)
  // Nobody who reads this memory later learns an id that was given out.
  pool.fill(0, used, used + length)
  used += length
}
