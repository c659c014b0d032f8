import { type Awaitable, attempt, isPromise } from './awaitable.ts'

/** Tasks, one after another. One that has nobody to wait for is over at once. */
export class Sequence {
  readonly #onFailure: (error: unknown) => void
  /** The last of those that take their time. */
  #last: PromiseLike<unknown> | undefined
  #running = 0

  /** `onFailure` is told what a task fails with, as is whoever waits for that task. */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure
  }

  get isRunning(): boolean {
    return this.#running > 0
  }

  run<T>(task: () => Awaitable<T>): Awaitable<T> {
    this.#running++
    const result = attempt<T, T>(
      () => (this.#last ? this.#last.then(task, task) : task()),
      value => {
        this.#end()
        return value
      },
      error => {
        this.#end()
        this.#onFailure(error)
        throw error
      },
    )
    if (isPromise(result)) this.#last = result
    return result
  }

  #end(): void {
    if (--this.#running === 0) this.#last = undefined
  }
}
