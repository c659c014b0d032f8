import type { Exchange, ExchangeContext, RequestHooks } from './exchange.ts'
import { type HeaderAccess, isForwardedSecure, keepPrivate } from './headers.ts'

const headerAccess: HeaderAccess<Headers> = {
  names: headers => headers.keys(),
  get: (headers, name) => headers.get(name),
  set: (headers, name, value) => headers.set(name, value),
}

/** The Web side of a request: cookies go to `Headers`, which somebody makes a response of. */
export class WebExchange implements Exchange {
  readonly #request: Request
  readonly #context: ExchangeContext
  readonly #hooks: RequestHooks
  #headers: Headers
  #lines: readonly string[] | undefined
  headersSent = false

  constructor(request: Request, headers: Headers, context: ExchangeContext, hooks: RequestHooks) {
    this.#request = request
    this.#headers = headers
    this.#context = context
    this.#hooks = hooks
  }

  begin(): void {}

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  isSecure(proxies: number): boolean {
    const { isSecure } = this.#hooks
    if (isSecure) return isSecure()
    if (this.#request.url.startsWith('https:')) return true
    return isForwardedSecure(name => this.header(name), proxies)
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

  changed(): void {}

  abandon(): void {}

  /** The response with the session's lines; the same one if there are none. */
  respond(response: Response, isLast: boolean): Response {
    this.headersSent = isLast
    if (this.#lines === undefined) return response
    // A copy: the headers of a redirect or of a fetched response can't be changed.
    this.#headers = new Headers(response.headers)
    this.setLines(this.#lines)
    const { status, statusText } = response
    return new Response(response.body, { status, statusText, headers: this.#headers })
  }
}
