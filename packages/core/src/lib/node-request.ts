import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { RequestHooks } from './exchange.ts'
import { isForwardedSecure } from './headers.ts'
import type { RequestSide } from './lone-exchange.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest

/** The request of an exchange, as Node has it. */
export class NodeRequestSide implements RequestSide {
  readonly #request: NodeRequest
  readonly #hooks: RequestHooks

  constructor(request: NodeRequest, hooks: RequestHooks) {
    this.#request = request
    this.#hooks = hooks
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  isSecure(proxies: number): boolean {
    const { isSecure } = this.#hooks
    if (isSecure) return isSecure()
    if ((this.#request.socket as TLSSocket | undefined)?.encrypted) return true
    return isForwardedSecure(name => this.header(name), proxies)
  }
}
