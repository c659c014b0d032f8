import type { Carrier } from './carrier.ts'
import { type Exchange, isForwardedSecure, privateCacheControl } from './exchange.ts'

export interface WebExchangeSettings {
  /** How the session travels. */
  readonly carrier: Pick<Carrier, 'responseHeader' | 'owns'>
  /** Tells how the client reached us, in place of what the request says. */
  readonly isSecure: (() => boolean) | undefined
  onCacheControl(from: string, to: string): void
}

/** The Web side of a request: cookies go to `Headers`, which somebody makes a response of. */
export class WebExchange implements Exchange {
  readonly #request: Request
  readonly #settings: WebExchangeSettings
  #headers: Headers
  #lines: readonly string[] | undefined
  headersSent = false

  constructor(request: Request, headers: Headers, settings: WebExchangeSettings) {
    this.#request = request
    this.#headers = headers
    this.#settings = settings
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }

  isSecure(trustProxy: boolean): boolean {
    const { isSecure } = this.#settings
    if (isSecure) return isSecure()
    if (this.#request.url.startsWith('https:')) return true
    return trustProxy && isForwardedSecure(name => this.header(name))
  }

  setLines(lines: readonly string[]): void {
    this.#lines = lines
    const { carrier } = this.#settings
    const others = carrier.responseHeader === 'Set-Cookie' ? this.#headers.getSetCookie() : []
    this.#headers.delete(carrier.responseHeader)
    for (const line of [...others.filter(line => !carrier.owns(line)), ...lines])
      this.#headers.append(carrier.responseHeader, line)
    if (lines.length > 0) this.#keepPrivate()
  }

  changed(): void {}

  abandon(): void {
    if (this.#lines) this.setLines([])
  }

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

  #keepPrivate(): void {
    const from = this.#headers.get('Cache-Control') ?? ''
    const to = privateCacheControl(from)
    if (to === from) return
    this.#headers.set('Cache-Control', to)
    if (/\bpublic\b|s-maxage/i.test(from)) this.#settings.onCacheControl(from, to)
  }
}
