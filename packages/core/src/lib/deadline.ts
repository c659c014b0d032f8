import { performance } from 'node:perf_hooks'
import { type Awaitable, isPromise } from './awaitable.ts'
import { isSessionError, SessionError } from './errors.ts'
import { clearTimeout, setTimeout } from './timers.ts'

/** Counting and sweeping may look at every session, and no visitor waits for them. In milliseconds. */
const MAINTENANCE_TIMEOUT = 60_000

/** The time that one operation may take, backend calls and retries together, from when there is something to wait for. */
export class Deadline {
  readonly #timeout: number
  /** It keeps no process alive. */
  readonly #isIdle: boolean
  #endsAt: number | undefined

  constructor(timeout: number, isIdle = false) {
    this.#timeout = timeout
    this.#isIdle = isIdle
  }

  get #end(): number {
    this.#endsAt ??= performance.now() + this.#timeout
    return this.#endsAt
  }

  static forMaintenance(timeout: number): Deadline {
    return new Deadline(Math.max(timeout, MAINTENANCE_TIMEOUT), true)
  }

  /** A start has a fifth more: an engine that gives up in time by itself knows better why. */
  static forStart(timeout: number): Deadline {
    return new Deadline(Math.round(timeout * 1.2))
  }

  /** The one that leaves the most time. */
  static latest(deadlines: readonly Deadline[]): Deadline {
    return deadlines.reduce((latest, deadline) => (deadline.#end > latest.#end ? deadline : latest))
  }

  get isOver(): boolean {
    // A timer may be early by less than one.
    return this.#left < 1
  }

  /** In milliseconds. */
  get #left(): number {
    return Math.max(0, this.#end - performance.now())
  }

  /**
   * The result of a backend call. What the engine throws is wrapped; a call that is not back in time is given
   * up, and its late answer ignored.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT, or a SessionError of the engine as it is
   */
  run<T>(operation: string, call: () => Awaitable<T>): Awaitable<T> {
    let result: Awaitable<T>
    try {
      result = call()
    } catch (error) {
      throw backendError(operation, error)
    }
    return isPromise(result)
      ? this.#limit(operation, result, error => backendError(operation, error))
      : result
  }

  /** As {@link run}, for work that is not the backend's alone: what it fails with stays as it is. @throws ERR_TIMEOUT */
  wait<T>(operation: string, work: PromiseLike<T>): Promise<T> {
    return this.#limit(operation, work, error => error)
  }

  /** @throws ERR_TIMEOUT if it is over */
  check(operation: string): void {
    if (this.isOver) throw this.#missed(operation)
  }

  #limit<T>(operation: string, result: PromiseLike<T>, told: (error: unknown) => unknown): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.#missed(operation)), this.#left)
      if (this.#isIdle) timer.unref()
      result.then(
        value => {
          clearTimeout(timer)
          resolve(value)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(told(error))
        },
      )
    })
  }

  #missed(operation: string): SessionError {
    const message = `The backend did not answer '${operation}' within ${this.#timeout} ms`
    return new SessionError('ERR_TIMEOUT', message)
  }
}

/** Ends when the work does, however that ends, or after so many milliseconds. */
export async function atMost(milliseconds: number, work: Promise<unknown> | undefined): Promise<void> {
  if (work === undefined) return
  const ended = work.catch(() => {})
  await new Deadline(milliseconds).wait('', ended).catch(() => {})
}

function backendError(operation: string, error: unknown): SessionError {
  if (isSessionError(error)) return error
  return new SessionError('ERR_BACKEND', `The backend failed at '${operation}': ${reason(error)}`, {
    cause: error,
  })
}

/** Of a driver's error only its code: its message may hold a key, and so an id. */
function reason(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string' || typeof code === 'number') return `${code}; see cause`
  return typeof name === 'string' ? `${name}; see cause` : 'see cause'
}
