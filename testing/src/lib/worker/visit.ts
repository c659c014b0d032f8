import type { Manager, Session } from '@sess/core'

/** One request of a visitor who sends this cookie, and its response. */
export class Visit {
  readonly #manager: Manager
  readonly #request: Request
  readonly #headers: Headers
  readonly session: Session

  private constructor(manager: Manager, request: Request, headers: Headers, session: Session) {
    this.#manager = manager
    this.#request = request
    this.#headers = headers
    this.session = session
  }

  static async begin(manager: Manager, cookie?: string): Promise<Visit> {
    const sent = cookie === undefined ? {} : { cookie }
    const request = new Request('http://localhost/', { headers: sent })
    const headers = new Headers()
    return new Visit(manager, request, headers, await manager.sessionStart(request, headers))
  }

  /** The cookie that the response sets, if it sets one. */
  get cookie(): string | undefined {
    const pair = this.#headers.getSetCookie().at(-1)?.split(';')[0]
    return pair?.endsWith('=') ? undefined : pair
  }

  release(): Promise<void> {
    return this.session.sessionRelease()
  }

  async regenerate(): Promise<void> {
    await this.#manager.sessionRegenerateId(this.#request, this.#headers)
  }

  async destroy(): Promise<void> {
    await this.#manager.sessionDestroy(this.#request, this.#headers)
  }
}
