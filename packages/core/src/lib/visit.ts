import { type Awaitable, attempt, follow, isPromise } from './awaitable.ts'
import type { Clock } from './clock.ts'
import type { CookieAttributes } from './cookie.ts'
import type { Exchange } from './exchange.ts'
import { endOthers, type FoundSession, findSession } from './find-session.ts'
import { Session } from './session.ts'
import { type ChannelContext, SessionChannel } from './session-channel.ts'
import type { SessionContext } from './session-context.ts'
import type { SessionIDs } from './session-id.ts'
import type { OpenedSession } from './session-port.ts'
import { queueMicrotask } from './timers.ts'

/** What a visit needs of its manager. */
export interface VisitContext extends SessionContext, ChannelContext {
  readonly ids: SessionIDs
  /** Whether the engine is connected: what depends on its kind is known from then on. */
  readonly isConnected: boolean
  /** @throws ERR_BACKEND, ERR_TIMEOUT, ERR_CONFIG */
  connect(): Promise<void>
}

/** One request and its session: finds the session, and saves it for the response. */
export class Visit<Data extends object> {
  readonly #context: VisitContext
  readonly #channel: SessionChannel
  #exchange: Exchange
  #hasBegun = false
  #starting: Promise<Session<Data>> | undefined
  #session: Session<Data> | undefined
  /** Older sessions that the browser has cookies of, too. */
  #others: readonly OpenedSession[] = []
  #saving: PromiseLike<void> | undefined
  /** Middlewares of an adapter, one inside the other, that have yet to respond. */
  #layers = 0

  constructor(context: VisitContext, exchange: Exchange) {
    this.#context = context
    this.#exchange = exchange
    this.#channel = new SessionChannel(context, exchange)
  }

  /** The session, once it is started. */
  get session(): Session<Data> | undefined {
    return this.#session
  }

  /** What the session's cookie is sent with, and how long the browser keeps it if the session does not say, in seconds. */
  get cookie(): { readonly attributes: CookieAttributes | undefined; readonly lifetime: number } {
    return { attributes: this.#channel.attributes, lifetime: this.#context.cookieLifeTime }
  }

  get clock(): Clock {
    return this.#context.lifetimes.clock
  }

  /** Whether there is a response. A visit that began without can be given one. */
  get hasResponse(): boolean {
    return this.#exchange.hasResponse
  }

  /** There is a response, after all. */
  attach(exchange: Exchange): void {
    this.#exchange = exchange
    this.#channel.exchange = exchange
    if (this.#hasBegun) exchange.begin(() => this.save())
  }

  /** The same session for every call of one request. A failed start can be tried again. */
  start(): Promise<Session<Data>> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  /** Ends the session; the next `start` gives a new one. The promise need not be awaited. */
  destroy(): Promise<void> {
    return this.run(() => this.#destroy())
  }

  /** Gives the session a new id. The promise need not be awaited. */
  regenerate(): Promise<Session<Data>> {
    return this.run(async () => {
      const session = this.#session ?? (await this.start())
      await session.regenerate()
      return session
    })
  }

  /** Runs work that the response waits for, and whose failure is the response's failure unless somebody awaits it. */
  run<T>(work: () => Awaitable<T>): Promise<T> {
    this.#begin()
    return this.#channel.work.run(work)
  }

  /** Whether a response that has yet to leave has something to wait for. */
  get needsSettling(): boolean {
    return this.#isDue && !this.#exchange.headersSent
  }

  /** Saves, for an adapter whose framework waits for that and answers a failure. @throws what the save throws */
  async settle(): Promise<void> {
    this.#exchange.leaveAnswer()
    try {
      await this.save()
    } catch (error) {
      this.#exchange.fail()
      throw error
    }
  }

  /**
   * Saves, for a response that waits: one attempt, however many wait for it. All of them are told of a failure;
   * after it there is nothing left to save.
   */
  save(): Awaitable<void> {
    if (this.#exchange.hasFailed) return undefined
    if (this.#saving) return this.#saving
    if (!this.#isDue) return undefined
    const saving = this.#save()
    if (isPromise(saving)) this.#saving = saving
    return saving
  }

  /** An adapter begins; it ends with {@link respond} if its framework answers with a Web response. */
  enter(): this {
    this.#layers++
    return this
  }

  /** The response with the session's lines; the same one if there are none. */
  respond(response: Response): Response {
    const answer = this.#exchange.respond?.(response) ?? response
    this.leave()
    return answer
  }

  /** An adapter ends without a response. */
  leave(): void {
    if (--this.#layers > 0) return
    const isUnsent = this.#exchange.close?.() === true
    if (isUnsent && this.#session)
      this.#context.events.emit('cookieUnsent', { id: this.#context.storageID(this.#session.sessionID()) })
  }

  get #isDue(): boolean {
    return !this.#exchange.hasFailed && (this.#channel.work.isPending || this.#session?.needsRelease === true)
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#exchange.begin(() => this.save())
  }

  async #destroy(): Promise<void> {
    // At once if it can be: a response that is ended without waiting for this waits for it.
    const session = this.#session ?? (await this.start())
    const absence = await session.destroy()
    const ended = absence === undefined ? await endOthers(this.#others, this.#context) : undefined
    if (ended && !this.#exchange.headersSent) this.#channel.send(ended)
    this.#others = []
    const next = new Session<Data>(
      this.#context,
      this.#channel,
      absence === 'retired' ? { id: session.sessionID(), found: 'retired' } : {},
    )
    this.#session = next
    this.#starting = Promise.resolve(next)
  }

  #settleWork(): Awaitable<void> {
    const { work } = this.#channel
    return work.isPending ? work.settle() : undefined
  }

  #save(): Awaitable<void> {
    return attempt(
      () => follow(this.#settleWork(), () => this.#session?.release()),
      () => {
        // The handler may go on changing the session while its first changes are saved.
        if (this.#isDue) return this.#save()
        this.#saving = undefined
        return undefined
      },
      error => {
        // A response that waits is told, however often it asks. After it has left, a next change is a next attempt.
        if (this.#exchange.headersSent) this.#saving = undefined
        else this.#saving ??= rejected(error)
        throw error
      },
    )
  }

  /** No asynchronous function: what that keeps of each request survives until the next full garbage collection. */
  #start(): Promise<Session<Data>> {
    try {
      const finding = this.#context.isConnected
        ? this.#find()
        : this.#context.connect().then(() => this.#find())
      if (!isPromise(finding)) return Promise.resolve(this.#begun(finding))
      return Promise.resolve(finding).then(
        found => this.#begun(found),
        error => this.#failed(error),
      )
    } catch (error) {
      return this.#failed(error)
    }
  }

  #find(): Awaitable<FoundSession> {
    return findSession(this.#channel.read(), this.#context)
  }

  #begun({ start, others }: FoundSession): Session<Data> {
    this.#others = others
    this.#session = new Session<Data>(this.#context, this.#channel, start)
    this.#session.keepAlive()
    this.#begin()
    return this.#session
  }

  #failed(error: unknown): Promise<never> {
    // Not at once: where nothing was awaited, `start` has yet to keep this attempt.
    queueMicrotask(() => {
      this.#starting = undefined
    })
    return Promise.reject(error)
  }
}

function rejected(error: unknown): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(() => {})
  return promise
}
