import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

export type NodeResponse = ServerResponse | Http2ServerResponse

/** What the gate asks and tells. */
export interface GateKeeper {
  /** Whether the headers have to wait. */
  mustHold(): boolean
  /** What they wait for. If it fails, `onFailure` answers in place of what was held. */
  settle(): Promise<void>
  onFailure(error: unknown): void
  /** The last moment to set headers. Given those of `writeHead`, it says what to call it with. */
  beforeHeaders(writeHead?: unknown[]): unknown[]
}

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type AnyMethod = (...args: unknown[]) => unknown

const methods: readonly Method[] = ['writeHead', 'write', 'end', 'flushHeaders']

/**
 * Stands in front of a response's methods that send headers. When the headers have to wait for a save, it
 * keeps the calls and makes them afterwards, in order; else it steps aside at the first one.
 */
export class ResponseGate {
  readonly #response: NodeResponse
  readonly #keeper: GateKeeper
  readonly #originals = {} as Record<Method, AnyMethod>
  #held: { method: Method; args: unknown[] }[] | undefined
  #isOpen = false

  constructor(response: NodeResponse, keeper: GateKeeper) {
    this.#response = response
    this.#keeper = keeper
    const target = response as unknown as Record<Method, AnyMethod>
    for (const method of methods) {
      this.#originals[method] = target[method]
      target[method] = (...args: unknown[]) => this.#call(method, args)
    }
  }

  /** Whether the headers have left. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  #call(method: Method, args: unknown[]): unknown {
    if (this.#isOpen) return this.#forward(method, args)
    if (this.#held === undefined && !this.#keeper.mustHold()) return this.#open(method, args)
    if (this.#held === undefined) {
      this.#held = []
      void this.#wait(this.#held)
    }
    this.#held.push({ method, args })
    // As a stream with a full buffer, so that a pipe waits for 'drain' in place of filling the memory.
    return method === 'write' ? false : this.#response
  }

  /** The first call that sends headers, and the last moment to set some. */
  #open(method: Method, args: unknown[]): unknown {
    this.#isOpen = true
    if (method === 'writeHead') return this.#forward(method, this.#keeper.beforeHeaders(args))
    this.#keeper.beforeHeaders()
    return this.#forward(method, args)
  }

  async #wait(held: { method: Method; args: unknown[] }[]): Promise<void> {
    try {
      // The handler may go on changing the session while its first changes are saved.
      do await this.#keeper.settle()
      while (this.#keeper.mustHold())
      for (const { method, args } of held) {
        if (this.#isOpen) this.#forward(method, args)
        else this.#open(method, args)
      }
      if (held.some(({ method }) => method === 'write')) this.#response.emit('drain')
    } catch (error) {
      this.#isOpen = true
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    try {
      if (this.#response.headersSent) throw error
      this.#keeper.onFailure(error)
    } catch (reason) {
      // Half a response, or no answer to the failure: cut off is better than hanging.
      this.#response.destroy(reason as Error)
    }
  }

  #forward(method: Method, args: unknown[]): unknown {
    return this.#originals[method].apply(this.#response, args)
  }
}
