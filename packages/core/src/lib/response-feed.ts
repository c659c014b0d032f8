import type { EventEmitter } from 'node:events'
import type { Readable } from 'node:stream'
import type { AnyMethod, NodeResponse } from './node-response.ts'

/** What feeds a response: the streams that are piped into it, and those who wait for 'drain'. */
export class ResponseFeed {
  readonly #response: NodeResponse
  readonly #isWaiting: () => boolean
  #sources: Readable[] | undefined
  /** Listeners of 'drain', where middleware has replaced the response's `on`. */
  #waiters: AnyMethod[] | undefined

  /** `isWaiting`: whether the response has yet to leave. */
  constructor(response: NodeResponse, isWaiting: () => boolean) {
    this.#response = response
    this.#isWaiting = isWaiting
    if (Object.hasOwn(response, 'on')) this.#rememberWaiters(response)
  }

  /** Remembers what is piped into the response from now on. */
  watch(): void {
    this.#response.on('pipe', (source: Readable) => {
      this.#sources ??= []
      this.#sources.push(source)
    })
  }

  /** Lets those go on who wait for 'drain'. */
  wake(): void {
    const response = this.#response as EventEmitter
    const reached = response.listeners('drain')
    response.emit('drain')
    for (const listener of this.#waiters ?? []) if (!reached.includes(listener)) listener.call(response)
  }

  /**
   * Ends the streams that feed a response which is dropped: a file would stay open. A transform is left to run dry: one
   * that is destroyed leaves the file behind it open.
   */
  destroy(): void {
    for (const source of this.#sources ?? []) if (!('_transform' in source)) source.destroy()
  }

  /**
   * Middleware that replaces `on`, as compression does, keeps the listeners of 'drain' for its own stream: no event of
   * the response reaches them.
   */
  #rememberWaiters(response: EventEmitter): void {
    const { on } = response
    response.on = (event, listener) => {
      if (event === 'drain' && this.#isWaiting()) {
        this.#waiters ??= []
        this.#waiters.push(listener)
      }
      return on.call(response, event, listener)
    }
  }
}
