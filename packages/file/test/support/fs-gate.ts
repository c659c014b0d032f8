import { AsyncLocalStorage } from 'node:async_hooks'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/** The calls by which the engine changes or reads files. */
const methods = [
  'open',
  'read',
  'write',
  'link',
  'symlink',
  'rename',
  'unlink',
  'lutimes',
  'mkdir',
  'lstat',
  'fsync',
] as const
type Method = (typeof methods)[number]
type Callback = (error: NodeJS.ErrnoException | null, ...results: unknown[]) => void

/** One call that the observed work made. */
export interface Call {
  readonly method: Method
  readonly args: readonly unknown[]
}

/** Called before each call of the observed work; may wait, or throw what the call is to fail with. */
export type Observer = (call: Call, index: number) => void | Promise<void>

const observed = new AsyncLocalStorage<((call: Call) => void | Promise<void>) | undefined>()

/**
 * Does some work of this process, and what it does to files is seen by `observer`; other work goes on as ever.
 * So one of two stores can be stopped, or its disk fail, at any point.
 */
export async function observing<T>(observer: Observer, work: () => Promise<T>): Promise<T> {
  install()
  let index = 0
  const observations: unknown[] = []
  const result = await observed.run(call => {
    const observation = observer(call, index++)
    // What fails here fails the call.
    observations.push(Promise.resolve(observation).catch(() => undefined))
    return observation
  }, work)
  // Work that goes on after its result is there, is observed too.
  await new Promise(resolve => setImmediate(resolve))
  await Promise.all(observations)
  return result
}

let isInstalled = false

function install(): void {
  if (isInstalled) return
  isInstalled = true
  for (const method of methods) {
    const original = fs[method] as (...args: unknown[]) => void
    const replacement = (...args: unknown[]) => {
      const observer = observed.getStore()
      if (!observer) return original(...args)
      const done = args.at(-1) as Callback
      Promise.resolve()
        .then(() => observed.run(undefined, () => observer({ method, args })))
        .then(
          () => original(...args),
          (error: NodeJS.ErrnoException) => done(error),
        )
    }
    Object.assign(fs, { [method]: replacement })
  }
  syncBuiltinESMExports()
}

/** An error as the system gives it. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: made by the test`), { code })
}
