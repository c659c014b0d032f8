import { AsyncLocalStorage } from 'node:async_hooks'

/** In the asynchronous context of an error handler: its answer. */
const current = new AsyncLocalStorage<FailureAnswer>()

/**
 * The answer to a save that failed. A handler may not have noticed the failure, and goes on with its response meanwhile:
 * this tells the calls of the error handler from those of the handler.
 */
export class FailureAnswer {
  readonly #isHandlerDone: boolean
  readonly #isBegun: () => boolean
  #isCalling = false

  /**
   * @param isHandlerDone whether the handler makes no more calls
   * @param isBegun whether somebody has set a head since the failure
   */
  constructor(isHandlerDone: boolean, isBegun: () => boolean) {
    this.#isHandlerDone = isHandlerDone
    this.#isBegun = isBegun
  }

  /** Runs an error handler, which answers at once or later. */
  run(answer: () => unknown): unknown {
    // With a context of its own every promise of the process costs more: only where it is needed.
    return this.#isHandlerDone ? answer() : current.run(this, answer)
  }

  /** Whether a call that is made now is a part of the answer. */
  isOwner(method: string): boolean {
    if (this.#isHandlerDone || this.#isCalling || current.getStore() === this) return true
    // An error handler may have lost its context; it has set a head of its own by then.
    return method === 'end' && this.#isBegun()
  }

  /** Makes a call of the answer. Calls that this call makes are a part of the answer, too. */
  call<T>(make: () => T): T {
    const before = this.#isCalling
    this.#isCalling = true
    try {
      return make()
    } finally {
      this.#isCalling = before
    }
  }
}
