import type { Manager, Session } from '@sess/core'

/** Whatever has a manager: a server of the rig. */
export interface Host {
  readonly manager: Manager
  settle(): Promise<void>
}

/** A browser: it keeps the cookies that responses set and sends them with its next requests. */
export class Visitor {
  readonly #cookies: Map<string, string>

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.#cookies = new Map(cookies)
  }

  /** The session cookie as it is sent. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** The value of the only cookie. */
  get sid(): string | undefined {
    return [...this.#cookies.values()][0]
  }

  /** Another browser, or a request under way, with the cookies as they are now. */
  copy(): Visitor {
    return new Visitor(this.#cookies)
  }

  /** Sets a cookie by hand, as an attacker would. */
  forge(name: string, value: string): void {
    this.#cookies.set(name, value)
  }

  /** Starts a request. Its session is loaded; its response has not left. */
  async open(host: Host): Promise<Visit> {
    const request = new Request('https://app.example/', { headers: { cookie: this.cookie } })
    const headers = new Headers()
    const session = await host.manager.sessionStart(request, headers)
    return new Visit(this, host.manager, request, headers, session)
  }

  /** A whole request: the handler runs, the session is saved, the response's cookies are kept. */
  async visit(host: Host, handler: (session: Session) => unknown = () => {}): Promise<Visit> {
    const visit = await this.open(host)
    await handler(visit.session)
    await visit.end()
    await host.settle()
    return visit
  }

  /** What the visitor's session holds under these keys, as another request reads it. */
  async read(host: Host, ...keys: string[]): Promise<Record<string, unknown>> {
    const visit = await this.copy().open(host)
    const present = keys.filter(key => visit.session.has(key))
    const data = Object.fromEntries(present.map(key => [key, visit.session.get(key)]))
    await visit.end()
    await host.settle()
    return data
  }

  /** A request that regenerates the session's id, as a login does. */
  async regenerate(host: Host, handler: (session: Session) => unknown = () => {}): Promise<Visit> {
    const visit = await this.open(host)
    await handler(visit.session)
    await visit.regenerate()
    await visit.end()
    await host.settle()
    return visit
  }

  /** A request that destroys the session, as a logout does. */
  async destroy(host: Host): Promise<Visit> {
    const visit = await this.open(host)
    await visit.destroy()
    await host.settle()
    return visit
  }

  /** Keeps what a response sets. */
  accept(headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map(part => part.trim())
      const name = pair.slice(0, pair.indexOf('='))
      const isCleared = attributes.some(each => /^max-age=(0|-\d+)$/i.test(each))
      if (isCleared) this.#cookies.delete(name)
      else this.#cookies.set(name, pair.slice(pair.indexOf('=') + 1))
    }
  }
}

/** One request and its response. */
export class Visit {
  readonly headers: Headers
  readonly #visitor: Visitor
  readonly #manager: Manager
  readonly #request: Request
  #session: Session

  constructor(visitor: Visitor, manager: Manager, request: Request, headers: Headers, session: Session) {
    this.#visitor = visitor
    this.#manager = manager
    this.#request = request
    this.headers = headers
    this.#session = session
  }

  get session(): Session {
    return this.#session
  }

  /** The `Set-Cookie` lines of the response. */
  get setCookies(): string[] {
    return this.headers.getSetCookie()
  }

  /** Saves the session; the response leaves and the browser keeps its cookies. */
  async end(): Promise<void> {
    await this.#session.sessionRelease()
    this.#visitor.accept(this.headers)
  }

  async regenerate(): Promise<void> {
    this.#session = await this.#manager.sessionRegenerateId(this.#request, this.headers)
  }

  async destroy(): Promise<void> {
    await this.#manager.sessionDestroy(this.#request, this.headers)
    this.#visitor.accept(this.headers)
  }
}
