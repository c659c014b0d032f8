import { type Awaitable, attempt, isPromise } from './awaitable.ts'
import type { Carrier } from './carrier.ts'
import { SessionError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { Session } from './session.ts'
import type { SessionContext, SessionHost, SessionStart } from './session-context.ts'
import type { SessionIDs } from './session-id.ts'
import type { OpenedSession } from './session-port.ts'

/** What a visit needs of its manager. */
export interface VisitContext extends SessionContext {
  readonly ids: SessionIDs
  readonly carrier: Carrier
  /** Whether the id is sent at all; else the application hands it out. */
  readonly setCookie: boolean
  readonly cookieLifeTime: number
  /** How many proxies are trusted. */
  readonly trustProxy: number
  /** Whether the engine is connected: what depends on its kind is known from then on. */
  readonly isConnected: boolean
  /** @throws ERR_BACKEND, ERR_TIMEOUT, ERR_CONFIG */
  connect(): Promise<void>
}

/** Cookies of one name that are looked up before the visitor counts as new. */
const MAX_CANDIDATES = 4

/** One request and its session: finds it by the cookie, and sends the cookie. */
export class Visit<Data extends object> implements SessionHost {
  readonly #context: VisitContext
  readonly #exchange: Exchange
  #starting: Promise<Session<Data>> | undefined
  #session: Session<Data> | undefined
  #settling: PromiseLike<void> | undefined
  #hasFailed = false
  /** Middlewares of an adapter, one inside the other, that have yet to respond. */
  #layers = 0

  constructor(context: VisitContext, exchange: Exchange) {
    this.#context = context
    this.#exchange = exchange
  }

  /** The session, once it is started. */
  get session(): Session<Data> | undefined {
    return this.#session
  }

  /** The same session for every call of one request. A failed start can be tried again. */
  start(): Promise<Session<Data>> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** Ends the session; the next `start` gives a new one. */
  async destroy(): Promise<void> {
    // At once if it can be: a response that is ended without waiting for this waits for it.
    const session = this.#session ?? (await this.start())
    const absence = await session.destroy()
    const next = new Session<Data>(
      this.#context,
      this,
      absence === 'retired' ? { id: session.sessionID(), found: 'retired' } : {},
    )
    this.#session = next
    this.#starting = Promise.resolve(next)
  }

  get needsSettling(): boolean {
    return !this.#hasFailed && this.#session?.needsRelease === true
  }

  /**
   * Saves, for a response that waits: one attempt, however many wait for it. All of them are told of a failure;
   * after it there is nothing left to save.
   */
  settle(): Awaitable<void> {
    if (this.#settling || this.#hasFailed) return this.#settling
    const settling = this.#settle()
    if (isPromise(settling)) this.#settling = settling
    return settling
  }

  /** The save failed, and somebody else answers. */
  abandon(): void {
    this.#exchange.abandon()
  }

  /** An adapter begins; it ends with {@link respond} if its framework answers with a Web response. */
  enter(): this {
    this.#layers++
    return this
  }

  /** The response with the session's lines; the same one if there are none. */
  respond(response: Response): Response {
    this.#layers--
    return this.#exchange.respond?.(response, this.#layers === 0) ?? response
  }

  checkCookie(): void {
    if (!this.#context.setCookie) return
    if (this.#exchange.headersSent)
      throw new SessionError(
        'ERR_HEADERS_SENT',
        'The session cookie cannot be sent: the response has begun, or there is none. Change the session before you write',
      )
    this.#context.carrier.checkConnection(this.#isSecure)
  }

  sendCookie({ id, sealed, lifetime }: { id: string; sealed: string | undefined; lifetime: number }): void {
    const { carrier, cookieLifeTime, setCookie } = this.#context
    if (!setCookie) return
    this.#exchange.setLines(
      carrier.write(sealed ?? id, lifetime || cookieLifeTime, this.#isSecure, this.#header),
    )
  }

  clearCookie(): void {
    const { carrier, setCookie } = this.#context
    if (!setCookie || this.#exchange.headersSent) return
    const header = this.#header
    // A visitor who brought no cookie keeps none: it is enough not to send the one of this response.
    const isKnown = carrier.read(header).length > 0
    this.#exchange.setLines(isKnown ? carrier.clear(this.#isSecure, header) : [])
  }

  changed(): void {
    this.#exchange.changed()
  }

  /** The request header that the session comes in. */
  get #header(): string | undefined {
    return this.#exchange.header(this.#context.carrier.requestHeader)
  }

  get #isSecure(): boolean {
    return this.#exchange.isSecure(this.#context.trustProxy)
  }

  #settle(): Awaitable<void> {
    return attempt(
      () => this.#session?.release(),
      () => {
        // The handler may go on changing the session while its first changes are saved.
        if (this.#session?.needsRelease) return this.#settle()
        this.#settling = undefined
        return undefined
      },
      error => {
        this.#hasFailed = true
        this.#settling = undefined
        throw error
      },
    )
  }

  async #start(): Promise<Session<Data>> {
    try {
      if (!this.#context.isConnected) await this.#context.connect()
      const { carrier, ids, port } = this.#context
      let start: SessionStart = {}
      for (const text of carrier.read(this.#header).slice(0, MAX_CANDIDATES)) {
        // A seal tells by itself whether it is one of ours.
        const known = this.#isSealed ? { key: 0, storageID: text } : ids.find(text)
        if (known === undefined) continue
        const opening = port.open(known.storageID)
        // Not awaited where it is there: that would be a turn of the queue.
        const found = isPromise(opening) ? await opening : opening
        if (found === 'gone') continue
        if (found !== 'retired') {
          start = this.#startOf(text, known.key, found)
          break
        }
        if (start.found === undefined) start = { id: text, found }
      }
      this.#session = new Session<Data>(this.#context, this, start)
      this.#exchange.begin(this)
      return this.#session
    } catch (error) {
      // Not at once: where nothing was awaited, `start` has yet to keep this attempt.
      queueMicrotask(() => {
        this.#starting = undefined
      })
      throw error
    }
  }

  get #isSealed(): boolean {
    return this.#context.port.capabilities.kind === 'sealed'
  }

  #startOf(text: string, key: number, found: OpenedSession): SessionStart {
    const { ids, cookieLifeTime } = this.#context
    if (this.#isSealed) return { id: found.id, found, renewCookie: true }
    return key > 0
      ? { id: ids.renew(text), found, renewCookie: true }
      : { id: text, found, renewCookie: cookieLifeTime > 0 }
  }
}
