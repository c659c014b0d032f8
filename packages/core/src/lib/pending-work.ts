import { type Awaitable, start } from './awaitable.ts'
import { ObservedPromise } from './observed-promise.ts'

/** Work that runs, or has failed. */
interface Work {
  readonly promise: ObservedPromise<unknown>
  isRunning: boolean
}

/**
 * The saves, moves and ends of one request's session that were called for. The response waits for them, and fails with
 * them, even if their callers do not wait.
 */
export class PendingWork {
  #works: Set<Work> | undefined

  /** Runs `task` at once. Gives its promise, which need not be awaited. */
  run<T>(task: () => Awaitable<T>): Promise<T> {
    const promise = ObservedPromise.of(start(task))
    const work = { promise, isRunning: true }
    this.#works ??= new Set()
    this.#works.add(work)
    Promise.prototype.then.call(
      promise,
      () => this.#works?.delete(work),
      () => {
        work.isRunning = false
      },
    )
    return promise
  }

  /** Whether work runs, or has failed while nobody waited for it. */
  get isPending(): boolean {
    if (this.#works === undefined) return false
    for (const work of this.#works) {
      if (work.isRunning || !work.promise.isObserved) return true
      this.#works.delete(work)
    }
    return false
  }

  /** Waits for what is pending, all of it. @throws what the first failure threw */
  async settle(): Promise<void> {
    const works = [...(this.#works ?? [])].filter(
      ({ isRunning, promise }) => isRunning || !promise.isObserved,
    )
    this.#works = undefined
    const outcomes = await Promise.allSettled(works.map(({ promise }) => promise))
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  }
}
