import type { PostgresPool } from './driver.ts'

/** How many stores use a pool. */
const users = new WeakMap<PostgresPool, number>()

/** Hears the `error` events of a pool, which would end the process, by one listener for all stores that use it. */
export function listenTo(pool: PostgresPool): void {
  const count = users.get(pool) ?? 0
  if (count === 0) pool.on('error', ignore)
  users.set(pool, count + 1)
}

/** Called once for each call of {@link listenTo}. */
export function stopListeningTo(pool: PostgresPool): void {
  const count = (users.get(pool) ?? 0) - 1
  if (count === 0) pool.off('error', ignore)
  users.set(pool, count)
}

export function ignore(): void {}
