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
  // Byte by byte: for so few, a call into the system's copy and fill costs more.
  for (let i = 0; i < length; i++) {
    target[i] = pool[used] as number
    // Nobody who reads this memory later learns an id that was given out.
    pool[used++] = 0
  }
}
