import type { Awaitable } from './awaitable.ts'
import type { Exchange } from './exchange.ts'
import { LateSave } from './late-save.ts'

/** The request half of an {@link Exchange}. */
export type RequestSide = Pick<Exchange, 'header' | 'isSecure'>

/**
 * A request without a response to send a cookie on: when a WebSocket is opened, and when a session is only read. What is
 * changed is saved soon; a session cannot be begun.
 */
export class LoneExchange implements Exchange {
  readonly #request: RequestSide
  #lateSave: LateSave | undefined
  readonly hasResponse = false
  readonly headersSent = true
  readonly hasFailed = false

  constructor(request: RequestSide) {
    this.#request = request
  }

  begin(save: () => Awaitable<void>): void {
    this.#lateSave = new LateSave(save)
  }

  header(name: string): string | undefined {
    return this.#request.header(name)
  }

  isSecure(proxies: number): boolean {
    return this.#request.isSecure(proxies)
  }

  changed(): void {
    this.#lateSave?.schedule()
  }

  setLines(): void {}

  leaveAnswer(): void {}

  fail(): void {}
}
