import type { Awaitable } from './awaitable.ts'
import type { Exchange, RequestHooks } from './exchange.ts'
import { type HeaderAccess, isForwardedSecure, keepPrivate } from './headers.ts'
import { LateSave } from './late-save.ts'
import type { RequestSide } from './lone-exchange.ts'
import type { HeadersContext } from './response-headers.ts'

const headerAccess: HeaderAccess<Headers> = {
  names: headers => headers.keys(),
  get: (headers, name) => headers.get(name),
  set: (headers, name, value) => headers.set(name, value),
}

/** The request of an exchange, as the Web has it. */
export class WebRequestSide implements RequestSide {
  readonly #request: Request
  readonly #hooks: RequestHooks

  constructor(request: Request, hooks: RequestHooks = {}) {
    this.#request = request
    this.#hooks = hooks
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  isSecure(proxies: number): boolean {
    const { isSecure } = this.#hooks
    if (isSecure) return isSecure()
    if (this.#request.url.startsWith('https:')) return true
    return isForwardedSecure(name => this.header(name), proxies)
  }
}

/** The Web side of a request: cookies go to `Headers`, which somebody makes a response of. */
export class WebExchange extends WebRequestSide implements Exchange {
  readonly #context: HeadersContext
  #headers: Headers
  #lines: readonly string[] | undefined
  /** A response has taken the lines along. */
  #isTaken = false
  #lateSave: LateSave | undefined
  readonly hasResponse = true
  headersSent = false
  hasFailed = false

  constructor(request: Request, headers: Headers, context: HeadersContext, hooks: RequestHooks = {}) {
    super(request, hooks)
    this.#headers = headers
    this.#context = context
  }

  begin(save: () => Awaitable<void>): void {
    this.#lateSave = new LateSave(save)
  }

  setLines(lines: readonly string[]): void {
    this.#lines = lines
    const { carrier } = this.#context
    const others = carrier.responseHeader === 'Set-Cookie' ? this.#headers.getSetCookie() : []
    this.#headers.delete(carrier.responseHeader)
    for (const line of [...others.filter(line => !carrier.owns(line)), ...lines])
      this.#headers.append(carrier.responseHeader, line)
    if (lines.length > 0)
      keepPrivate(headerAccess, this.#headers, change => this.#context.events.emit('cacheControl', change))
  }

  changed(): void {
    // As while the body streams: the response is handed over, and waits for nothing.
    if (this.headersSent) this.#lateSave?.schedule()
  }

  leaveAnswer(): void {}

  fail(): void {
    this.hasFailed = true
  }

  /** The response with the session's lines; the same one if there are none, or if it can have none. */
  respond(response: Response): Response {
    const { status, statusText } = response
    // An upgrade (101) and Response.error() (0) cannot be copied: the runtime knows the object itself.
    if (this.#lines === undefined || status < 200) return response
    // A copy: the headers of a redirect or of a fetched response can't be changed.
    this.#headers = new Headers(response.headers)
    this.setLines(this.#lines)
    this.#isTaken = true
    return new Response(response.body, { status, statusText, headers: this.#headers })
  }

  close(): boolean {
    this.headersSent = true
    return !this.#isTaken && this.#lines !== undefined && this.#lines.length > 0
  }
}
