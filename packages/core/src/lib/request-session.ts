import type { RequestHooks } from './exchange.ts'
import { addFlash, type FlashHolder, takeFlash } from './flash.ts'
import { PropertyObject, store } from './property-object.ts'
import { type LoadErrorDecision, RequestState } from './request-state.ts'
import type { SessionCookie } from './session-cookie.ts'
import type { KeyOf, SessionData, SessionStore } from './session-store.ts'
import { type SessionCallback, tell } from './session-work.ts'
import type { Visit } from './visit.ts'

/** How a framework's adapter wants a request's session. */
export interface RequestSessionOptions extends RequestHooks {
  /** Default `'error'`. */
  readonly onLoadError?: LoadErrorDecision
}

/** {@link RequestSession}, or an adapter's own class that extends it: without a constructor, and without fields. */
export type RequestSessionType<Data extends object, Session extends RequestSession<Data>> = new (
  ...args: ConstructorParameters<typeof RequestSession<Data>>
) => Session

/**
 * The data of a session as properties of its object: all keys but those that are members of it.
 *
 * A key that a member is named after is read with `get` and set with `set`.
 */
export type SessionProperties<Data extends object, Session> = Partial<Omit<Data, keyof Session>>

/** What handlers of a framework see: a session, and its data as properties. */
export type SessionObject<
  Data extends object,
  Session extends RequestSession<Data> = RequestSession<Data>,
> = Session & SessionProperties<Data, Session>

/**
 * The session of one request, as the adapters of frameworks show it: what {@link Session} has, under the names of
 * beego's controller and of express-session too, from one object that lasts through `destroySession`.
 *
 * A property that is no member is data: `session.cart = []` is `session.set('cart', [])`.
 */
export class RequestSession<Data extends object = SessionData>
  extends PropertyObject<RequestState<Data>>
  implements SessionStore<Data>, AsyncDisposable
{
  /** For core only; `manager.requestSession` gives them. Without a visit there is no session, for a reason. */
  constructor(visit: Visit<Data> | undefined, onLoadError: LoadErrorDecision = 'error', why?: string) {
    super(new RequestState(visit, onLoadError, why))
  }

  /** Whether sessions are off for this request. */
  get isOff(): boolean {
    return this[store].visit === undefined
  }

  /**
   * Loads the session; the first call does, the others give the same.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT, and ERR_NOT_STARTED where sessions are off
   */
  sessionStart(): Promise<this> {
    return this[store].start().then(() => this)
  }

  /** Whether the session is loaded, and can be used. */
  get isStarted(): boolean {
    return this[store].isStarted
  }

  /** Whether the session could not be loaded, and the request goes on without. */
  get isReadOnly(): boolean {
    return this[store].isReadOnly
  }

  /** Whether nothing is stored for this visitor. */
  get isNew(): boolean {
    return this[store].readable()?.isNew ?? true
  }

  /** As {@link Session.isEnded}. */
  get isEnded(): boolean {
    return this[store].isEnded
  }

  /** When the session began, in milliseconds since 1970. */
  get createdAt(): number {
    return this[store].writable().createdAt
  }

  /** When the session ends if nobody comes any more, in milliseconds since 1970. */
  get expiresAt(): number {
    return this[store].writable().expiresAt
  }

  sessionID(): string {
    return this[store].writable().sessionID()
  }

  /**
   * The id, for libraries that expect one that lasts, as csrf-csrf: to read it before the response has begun stores the
   * session, even one without data. `sessionID()` does not.
   */
  get id(): string {
    const session = this[store].writable()
    session.begin()
    return session.sessionID()
  }

  /** The attributes of the session's cookie. `session.cookie.maxAge = ms` is `setLifetime`. */
  get cookie(): SessionCookie {
    return this[store].cookie
  }

  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this[store].readable()?.get(key)
  }

  has(key: KeyOf<Data>): boolean {
    return this[store].readable()?.has(key) ?? false
  }

  keys(): KeyOf<Data>[] {
    return this[store].readable()?.keys() ?? []
  }

  entries(): [KeyOf<Data>, Data[KeyOf<Data>]][] {
    return this[store].readable()?.entries() ?? []
  }

  set<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this[store].writable().set(key, value)
  }

  /** As {@link Session.update}. */
  update<K extends KeyOf<Data>>(key: K, updater: (value: Data[K] | undefined) => Data[K]): Data[K] {
    return this[store].writable().update(key, updater)
  }

  delete(key: KeyOf<Data>): void {
    this[store].writable().delete(key)
  }

  flush(): void {
    this[store].writable().flush()
  }

  /** As {@link Session.setLifetime}, in seconds. */
  setLifetime(seconds: number): void {
    this[store].writable().setLifetime(seconds)
  }

  /** Gives the session its full lifetime again with the next save. Visits do so by themselves, once in a while. */
  touch(): this {
    const session = this[store].writable()
    session.setLifetime(session.lifetime)
    return this
  }

  /** Saves now; else the changes are saved before the response leaves. */
  sessionRelease(): Promise<void> {
    return this[store].visit?.session?.sessionRelease() ?? Promise.resolve()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sessionRelease()
  }

  /** As {@link sessionRelease}. The callback of a save that fails answers for it: it is not tried again. */
  save(): Promise<void>
  save(callback: SessionCallback): this
  save(callback?: SessionCallback): Promise<void> | this {
    return tell(this, () => (callback ? this.settle() : this.sessionRelease()), callback)
  }

  /** As {@link Session.reload}. */
  reload(): Promise<void>
  reload(callback: SessionCallback): this
  reload(callback?: SessionCallback): Promise<void> | this {
    return tell(this, () => this[store].run(() => this[store].writable().reload()), callback)
  }

  /** As {@link sessionRegenerateID}. */
  regenerate(): Promise<void>
  regenerate(callback: SessionCallback): this
  regenerate(callback?: SessionCallback): Promise<void> | this {
    return tell(this, () => this[store].run(() => this[store].writable().regenerate()), callback)
  }

  /** As {@link destroySession}. */
  destroy(): Promise<void>
  destroy(callback: SessionCallback): this
  destroy(callback?: SessionCallback): Promise<void> | this {
    return tell(this, () => this[store].end(), callback)
  }

  /** beego's `SetSession`. */
  setSession<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this.set(key, value)
  }

  /** beego's `GetSession`. */
  getSession<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.get(key)
  }

  /** beego's `DelSession`. */
  delSession(key: KeyOf<Data>): void {
    this.delete(key)
  }

  /** beego's `SessionRegenerateID`: a new id with the same data. At login, above all. Need not be awaited. */
  sessionRegenerateID(): Promise<void> {
    return this[store].run(() => this[store].writable().regenerate())
  }

  /** beego's `DestroySession`: ends the session. What is set from then on is in a new one. Need not be awaited. */
  destroySession(): Promise<void> {
    return this[store].end()
  }

  /** Leaves a message for a later request, e.g. for the page that a form redirects to. */
  addFlash(key: string, message: unknown): void {
    addFlash(this[store].writable() as unknown as FlashHolder, key, message)
  }

  /**
   * Takes the messages that were left under a key, oldest first: later requests do not see them again. A message
   * that another request leaves meanwhile is not lost.
   */
  takeFlash(key: string): unknown[] {
    return this.isReadOnly ? [] : takeFlash(this[store].writable() as unknown as FlashHolder, key)
  }

  /** The data. */
  toJSON(): Partial<Data> {
    const state = this[store]
    return Object.fromEntries(state.names().map(name => [name, state.read(name)])) as Partial<Data>
  }

  /** Whether there is anything for {@link settle} to do. */
  get needsSettling(): boolean {
    return this[store].visit?.needsSettling === true
  }

  /**
   * For adapters whose framework waits for them before it answers: saves, and if that fails leaves it to the
   * framework to answer. @throws whatever the save throws
   */
  async settle(): Promise<void> {
    await this[store].visit?.settle()
  }

  /**
   * For adapters whose framework answers with a Web `Response`, after {@link settle}: gives it the session's cookie.
   * A response that needs none comes back as it is; another is a copy, whose body is not read.
   */
  respond(response: Response): Response {
    return this[store].visit?.respond(response) ?? response
  }
}

// For `console.log` on Node, Bun and Deno. Never the id, which would end up in logs.
Object.defineProperty(RequestSession.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(
    this: RequestSession,
    _: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ) {
    const note = this.isOff ? ' (off)' : this.isStarted ? '' : ' (not started)'
    return `Session${note} ${inspect(note ? {} : this.toJSON(), options)}`
  },
})
