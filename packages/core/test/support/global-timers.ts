/* The timers of `src/lib/timers.ts` as the global ones are now, for tests that fake those to move the engine's. */

export const setTimeout: typeof globalThis.setTimeout = ((
  ...args: Parameters<typeof globalThis.setTimeout>
) => globalThis.setTimeout(...args)) as typeof globalThis.setTimeout

export const clearTimeout: typeof globalThis.clearTimeout = timer => globalThis.clearTimeout(timer)
