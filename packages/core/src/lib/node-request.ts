import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from './exchange.ts'
import { isForwardedSecure } from './headers.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest

/** A header of a request, by its name in lower case; of several the first. */
export function headerOf(request: NodeRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Whether the client reached us over TLS, as far as is known. `proxies`: how many are trusted. */
export function isSecureRequest(request: NodeRequest, proxies: number): boolean {
  if ((request.socket as TLSSocket | undefined)?.encrypted) return true
  return isForwardedSecure(name => headerOf(request, name), proxies)
}

/** A request without a response to send a cookie on, as when a WebSocket is opened. */
export class LoneRequest implements Exchange {
  readonly #request: NodeRequest
  readonly headersSent = true

  constructor(request: NodeRequest) {
    this.#request = request
  }

  header(name: string): string | undefined {
    return headerOf(this.#request, name)
  }

  isSecure(proxies: number): boolean {
    return isSecureRequest(this.#request, proxies)
  }

  begin(): void {}

  setLines(): void {}

  changed(): void {}

  abandon(): void {}
}
