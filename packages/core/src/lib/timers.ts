import timers from 'node:timers'
import promises from 'node:timers/promises'

/*
 * The timers of Node as they were when this module was loaded. Tests that travel in time replace the global ones, and
 * the properties of these modules: what waits for a server, or for the next turn, must go on all the same. Only the
 * time of sessions travels, which comes from a `Clock`.
 */

export const setTimeout: typeof timers.setTimeout = timers.setTimeout
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout
export const setImmediate: typeof timers.setImmediate = timers.setImmediate
export const clearImmediate: typeof timers.clearImmediate = timers.clearImmediate
export const nextTick: typeof process.nextTick = process.nextTick
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask
/** Resolves after so many milliseconds. */
export const sleep: typeof promises.setTimeout = promises.setTimeout
/** The time of this machine, in milliseconds since 1970, for what is stamped by a system: sessions go by their `Clock`. */
export const systemTime: () => number = Date.now
