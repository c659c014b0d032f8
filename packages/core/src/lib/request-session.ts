import { SessionError } from './errors.ts'
import type { RequestHooks } from './exchange.ts'
import { addFlash, type FlashHolder, takeFlash } from './flash.ts'
import type { Session } from './session.ts'
import type { KeyOf, SessionData } from './session-store.ts'
import type { Visit } from './visit.ts'

/**
 * What becomes of a request whose session cannot be loaded, because the backend is down: it fails (`'error'`),
 * or goes on with an empty session that cannot be changed (`'anonymous'`).
 */
export type LoadErrorPolicy = 'error' | 'anonymous'

/** How a framework's adapter wants a request's session. */
export interface RequestSessionOptions extends RequestHooks {
  /** Default `'error'`. */
  readonly onLoadError?: LoadErrorPolicy | ((error: unknown) => LoadErrorPolicy)
}

/** {@link RequestSession}, or an adapter's own class that extends it and leaves the constructor as it is. */
export type RequestSessionType<Data extends object, Session extends RequestSession<Data>> = new (
  ...args: ConstructorParameters<typeof RequestSession<Data>>
) => Session

/**
 * The session of one request, as the adapters of frameworks show it: what {@link Session} has, under the names of
 * the original's controller too, from one object that lasts through `destroySession`.
 */
export class RequestSession<Data extends object = SessionData> {
  readonly #visit: Visit<Data> | undefined
  readonly #onLoadError: LoadErrorPolicy | ((error: unknown) => LoadErrorPolicy)
  /** Why there is no session to be had. */
  readonly #why: string | undefined
  #loadError: unknown

  /** For core only; `manager.requestSession` gives them. Without a visit there is no session, for a reason. */
  constructor(
    visit: Visit<Data> | undefined,
    onLoadError: LoadErrorPolicy | ((error: unknown) => LoadErrorPolicy) = 'error',
    why?: string,
  ) {
    this.#visit = visit
    this.#onLoadError = onLoadError
    this.#why = why
  }

  /** Whether sessions are off for this request. */
  get isOff(): boolean {
    return this.#visit === undefined
  }

  /**
   * Loads the session; the first call does, the others give the same.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT, and ERR_NOT_STARTED where sessions are off
   */
  async sessionStart(): Promise<this> {
    const visit = this.#on()
    if (visit.session) return this
    try {
      await visit.start()
      this.#loadError = undefined
    } catch (error) {
      const policy = typeof this.#onLoadError === 'function' ? this.#onLoadError(error) : this.#onLoadError
      if (policy === 'error') throw error
      this.#loadError = error
    }
    return this
  }

  /** Whether the session is loaded, and can be used. */
  get isStarted(): boolean {
    return this.#visit?.session !== undefined || this.isReadOnly
  }

  /** Whether the session could not be loaded, and the request goes on without. */
  get isReadOnly(): boolean {
    return this.#loadError !== undefined
  }

  /** Whether nothing is stored for this visitor. */
  get isNew(): boolean {
    return this.#readable()?.isNew ?? true
  }

  /** When the session began, in milliseconds since 1970. */
  get createdAt(): number {
    return this.#writable().createdAt
  }

  /** When the session ends if nobody comes any more, in milliseconds since 1970. */
  get expiresAt(): number {
    return this.#writable().expiresAt
  }

  sessionID(): string {
    return this.#writable().sessionID()
  }

  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.#readable()?.get(key)
  }

  has(key: KeyOf<Data>): boolean {
    return this.#readable()?.has(key) ?? false
  }

  keys(): KeyOf<Data>[] {
    return this.#readable()?.keys() ?? []
  }

  entries(): [KeyOf<Data>, Data[KeyOf<Data>]][] {
    return this.#readable()?.entries() ?? []
  }

  set<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this.#writable().set(key, value)
  }

  /** As {@link Session.update}. */
  update<K extends KeyOf<Data>>(key: K, updater: (value: Data[K] | undefined) => Data[K]): Data[K] {
    return this.#writable().update(key, updater)
  }

  delete(key: KeyOf<Data>): void {
    this.#writable().delete(key)
  }

  flush(): void {
    this.#writable().flush()
  }

  /** As {@link Session.setLifetime}, in seconds. */
  setLifetime(seconds: number): void {
    this.#writable().setLifetime(seconds)
  }

  /** Saves now; else the changes are saved before the response leaves. */
  sessionRelease(): Promise<void> {
    return this.#visit?.session?.sessionRelease() ?? Promise.resolve()
  }

  /** The original's `SetSession`. */
  setSession<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this.set(key, value)
  }

  /** The original's `GetSession`. */
  getSession<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.get(key)
  }

  /** The original's `DelSession`. */
  delSession(key: KeyOf<Data>): void {
    this.delete(key)
  }

  /** The original's `SessionRegenerateID`: a new id with the same data. At login, above all. */
  async sessionRegenerateID(): Promise<void> {
    await this.#writable().regenerate()
  }

  /** The original's `DestroySession`: ends the session. What is set from now on is in a new one. */
  async destroySession(): Promise<void> {
    this.#writable()
    await this.#on().destroy()
  }

  /** Leaves a message for a later request, e.g. for the page that a form redirects to. */
  flash(key: string, message: unknown): void
  /**
   * Takes the messages that were left under a key, oldest first: later requests do not see them again. A message
   * that another request leaves meanwhile is not lost.
   */
  flash(key: string): unknown[]
  flash(key: string, ...message: [unknown?]): unknown[] | undefined {
    if (message.length === 0) return this.isReadOnly ? [] : takeFlash(this.#flashes(), key)
    addFlash(this.#flashes(), key, message[0])
    return undefined
  }

  /** Whether there is anything for {@link settle} to do. */
  get needsSettling(): boolean {
    return this.#visit?.needsSettling === true
  }

  /**
   * For adapters whose framework waits for them before it answers: saves, and if that fails leaves it to the
   * framework to answer. @throws whatever the save throws
   */
  async settle(): Promise<void> {
    await this.#visit?.settle()
  }

  /**
   * For adapters whose framework answers with a Web `Response`, after {@link settle}: gives it the session's cookie.
   * A response that needs none comes back as it is; another is a copy, whose body is not read.
   */
  respond(response: Response): Response {
    return this.#visit?.respond(response) ?? response
  }

  #flashes(): FlashHolder {
    return this.#writable() as unknown as FlashHolder
  }

  #readable(): Session<Data> | undefined {
    return this.isReadOnly ? undefined : this.#started()
  }

  #writable(): Session<Data> {
    if (this.isReadOnly)
      throw new SessionError(
        'ERR_READ_ONLY',
        'The session could not be loaded, so it cannot be changed in this request; see cause',
        { cause: this.#loadError },
      )
    return this.#started()
  }

  #started(): Session<Data> {
    const { session } = this.#on()
    if (session) return session
    throw new SessionError(
      'ERR_NOT_STARTED',
      'The session is not started: call and await sessionStart() first',
    )
  }

  #on(): Visit<Data> {
    if (this.#visit) return this.#visit
    throw new SessionError('ERR_NOT_STARTED', `There is no session: ${this.#why}`)
  }
}
