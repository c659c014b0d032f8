import type { Carrier } from './carrier.ts'
import type { CookieAttributes } from './cookie.ts'
import { SessionError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { PendingWork } from './pending-work.ts'

/** What a channel needs of its manager. */
export interface ChannelContext {
  readonly carrier: Carrier
  /** Whether the id is sent at all; else the application hands it out. */
  readonly setCookie: boolean
  readonly cookieLifeTime: number
  /** How many proxies are trusted. */
  readonly trustProxy: number
}

/** The way of a session's id, or of its sealed text, from a request and to its response. */
export class SessionChannel {
  /** What the response waits for. */
  readonly work: PendingWork = new PendingWork()
  readonly #context: ChannelContext
  /** Where the request came from and the response goes; exchanged when a request is given its response later. */
  exchange: Exchange

  constructor(context: ChannelContext, exchange: Exchange) {
    this.#context = context
    this.exchange = exchange
  }

  /** Whether there is a response, sent or not. */
  get hasResponse(): boolean {
    return this.exchange.hasResponse
  }

  /** The attributes of the session's cookie, where there is one. */
  get attributes(): CookieAttributes | undefined {
    return this.#context.carrier.attributes(this.#isSecure)
  }

  /** What the request brings, most likely first. */
  read(): string[] {
    return this.#context.carrier.read(this.#header)
  }

  /** @throws ERR_HEADERS_SENT, ERR_INSECURE_COOKIE if a cookie could not be sent now */
  check(): void {
    if (!this.#context.setCookie) return
    if (this.exchange.headersSent)
      throw new SessionError(
        'ERR_HEADERS_SENT',
        'The session cookie cannot be sent: the response has begun, or there is none. Change the session before you write',
      )
    this.#context.carrier.checkConnection(this.#isSecure)
  }

  /** Sends the session's id, or its sealed text. `lifetime`: the session's own in seconds, or 0. */
  send({ id, sealed, lifetime }: { id: string; sealed: string | undefined; lifetime: number }): void {
    const { carrier, cookieLifeTime, setCookie } = this.#context
    if (!setCookie) return
    this.exchange.setLines(
      carrier.write(sealed ?? id, lifetime || cookieLifeTime, this.#isSecure, this.#header),
    )
  }

  /** Makes the client forget the session, if it is not too late. */
  clear(): void {
    const { carrier, setCookie } = this.#context
    if (!setCookie || this.exchange.headersSent) return
    const header = this.#header
    // A visitor who brought no cookie keeps none: it is enough not to send the one of this response.
    const isKnown = carrier.read(header).length > 0
    this.exchange.setLines(isKnown ? carrier.clear(this.#isSecure, header) : [])
  }

  /** There are unsaved changes. */
  changed(): void {
    this.exchange.changed()
  }

  /** The request header that the session comes in. */
  get #header(): string | undefined {
    return this.exchange.header(this.#context.carrier.requestHeader)
  }

  get #isSecure(): boolean {
    return this.exchange.isSecure(this.#context.trustProxy)
  }
}
