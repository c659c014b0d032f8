import { SessionError } from '@sess/core/engine'

/** No connection could be had. It is a SessionError without a cause, so core knows that nothing was done. */
export class UnreachableError extends SessionError {
  readonly #reason: unknown

  constructor(reason: unknown) {
    // Without a code it is the pool's own: that all connections are taken, or its queue is full.
    const { code, message } = (reason ?? {}) as { code?: unknown; message?: unknown }
    super('ERR_BACKEND', `No connection to the database could be had: ${code ?? message}`)
    this.#reason = reason
  }

  /** What the driver said. */
  get reason(): unknown {
    return this.#reason
  }
}
