import { types } from 'node:util'

/** A value, or the promise of one. An engine that has its answer at once saves its callers a tick. */
export type Awaitable<T> = T | PromiseLike<T>

export function isPromise<T>(value: Awaitable<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function'
}

/** Runs `task` at once. What it throws is the failure of the promise. */
export async function start<T>(task: () => Awaitable<T>): Promise<T> {
  return task()
}

/** Goes on with a value: at once where it is there, else when it comes. */
export function follow<T, R>(value: Awaitable<T>, next: (value: T) => Awaitable<R>): Awaitable<R> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** Goes on with what `call` gives, and with what it fails with: at once, or when that comes. */
export function attempt<T, R>(
  call: () => Awaitable<T>,
  done: (value: T) => Awaitable<R>,
  failed: (error: unknown) => Awaitable<R>,
): Awaitable<R> {
  let result: Awaitable<T>
  try {
    result = call()
  } catch (error) {
    return failed(error)
  }
  return isPromise(result) ? result.then(done, failed) : done(result)
}

/**
 * Sees to a promise that is refused where a value was due: its rejection is nobody's, and must not end the process.
 * Another thenable is left alone, since asking it may be what starts its work.
 */
export function lookAfter(value: unknown): void {
  if (types.isPromise(value)) Promise.prototype.then.call(value, undefined, () => {})
}
