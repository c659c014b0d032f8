import { type Awaitable, start } from './awaitable.ts'
import type { Draft } from './draft.ts'
import { SessionError } from './errors.ts'
import { checkLifetime } from './lifetimes.ts'
import type { SessionChannel } from './session-channel.ts'
import type { SessionContext, SessionStart } from './session-context.ts'
import { SessionLifecycle } from './session-lifecycle.ts'
import type { Absence } from './session-port.ts'
import type { KeyOf, SessionData, SessionStore } from './session-store.ts'

/** One request's view of one session. See {@link SessionStore} for what beego's methods do. */
export class Session<Data extends object = SessionData> implements SessionStore<Data>, AsyncDisposable {
  readonly #channel: SessionChannel | undefined
  readonly #lifecycle: SessionLifecycle

  /** For core only; `manager.sessionStart` gives sessions. Without a channel there is no cookie. */
  constructor(context: SessionContext, channel: SessionChannel | undefined, start: SessionStart) {
    this.#channel = channel
    this.#lifecycle = new SessionLifecycle(context, channel, start)
  }

  /** Whether nothing is stored under this session's id. */
  get isNew(): boolean {
    return this.#lifecycle.opened === undefined
  }

  /**
   * Whether the session is known to have ended: it was destroyed here, or {@link reload} or a save has found that another
   * request has ended it, or given it a new id.
   */
  get isEnded(): boolean {
    return this.#lifecycle.isEnded
  }

  /** When the session began, in milliseconds since 1970. */
  get createdAt(): number {
    return this.#lifecycle.createdAt
  }

  /** When the session ends if nobody comes any more, in milliseconds since 1970. */
  get expiresAt(): number {
    return this.#lifecycle.expiresAt
  }

  /** The idle lifetime that {@link setLifetime} gave this session, in seconds; 0: that of the manager. */
  get lifetime(): number {
    return this.#lifecycle.lifetime
  }

  sessionID(): string {
    return this.#lifecycle.id
  }

  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.#readable(key).get(key) as Data[K] | undefined
  }

  /** Whether the session has that key, be its value `undefined`. */
  has(key: KeyOf<Data>): boolean {
    return this.#readable(key).has(key)
  }

  /** All keys. @throws ERR_UNSUPPORTED behind a provider of the seven methods, which has no list of them */
  keys(): KeyOf<Data>[] {
    return [...this.#readable('').keys()] as KeyOf<Data>[]
  }

  /** All keys with their values. @throws ERR_UNSUPPORTED as `keys` */
  entries(): [KeyOf<Data>, Data[KeyOf<Data>]][] {
    return this.keys().map(key => [key, this.get(key) as Data[KeyOf<Data>]])
  }

  set<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this.#writable(key).set(key, value)
    this.#channel?.changed()
  }

  /**
   * Sets `key` to what `updater` makes of its value, and gives that. When another request saves the key first,
   * the updater runs again on what it saved: a hundred requests that count to a hundred. It has to be
   * synchronous and without side effects, and to return the new value.
   *
   * @throws ERR_VALUE if it returns `undefined`, a promise, or what cannot be stored
   */
  update<K extends KeyOf<Data>>(key: K, updater: (value: Data[K] | undefined) => Data[K]): Data[K] {
    const value = this.#writable(key).update(key, updater as (value: unknown) => unknown)
    this.#channel?.changed()
    return value as Data[K]
  }

  delete(key: KeyOf<Data>): void {
    this.#writable(key).delete(key)
    this.#channel?.changed()
  }

  flush(): void {
    this.#writable('').flush()
    this.#channel?.changed()
  }

  /**
   * Gives this session an idle lifetime of its own, in seconds, e.g. 30 days for "remember me". Record and
   * cookie live that long from then on. 0 goes back to the manager's lifetimes. @throws ERR_CONFIG
   */
  setLifetime(seconds: number): void {
    this.#writable('').setLifetime(checkLifetime(seconds))
    this.#channel?.changed()
  }

  sessionRelease(): Promise<void> {
    return this.#run(() => this.#lifecycle.release())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sessionRelease()
  }

  /**
   * Reads the session anew, for a handle that lives longer than its request, as that of a WebSocket. Changes that are
   * not saved are dropped. A session that has ended meanwhile is empty, {@link isEnded}, and cannot be changed any more.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT, and leaves the session as it is
   */
  reload(): Promise<void> {
    return this.#run(() => this.#lifecycle.reload())
  }

  /** Moves the session to a new id. `manager.sessionRegenerateId` calls it. */
  regenerate(id?: string): Promise<void> {
    return this.#run(() => {
      this.#writable('')
      return this.#lifecycle.regenerate(id)
    })
  }

  /** Ends the session. `manager.sessionDestroy` calls it. Says why it was not there to be ended, if so. */
  destroy(): Promise<Absence | undefined> {
    return this.#run(() => this.#lifecycle.destroy())
  }

  /** Whether the response has to wait: for a save, or for a cookie. For core only. */
  get needsRelease(): boolean {
    return this.#lifecycle.needsRelease
  }

  /** What `sessionRelease` does; over at once where the engine is. For core only. */
  release(): Awaitable<void> {
    return this.#lifecycle.release()
  }

  /** Stores the session, be it without data, if its cookie can still be sent: its id was given away. For core only. */
  begin(): void {
    if (!this.isNew || this.isEnded || this.#channel?.exchange.headersSent !== false) return
    this.#lifecycle.begin()
    this.#channel.changed()
  }

  /** Extends the session beside the handler, if that is due. For core only. */
  keepAlive(): void {
    this.#lifecycle.keepAlive()
  }

  #readable(key: string): Draft {
    checkKey(key)
    return this.#lifecycle.data
  }

  #writable(key: string): Draft {
    checkKey(key)
    return this.#lifecycle.changes
  }

  /** Runs what the response waits for, even when the caller does not. */
  #run<T>(work: () => Awaitable<T>): Promise<T> {
    return this.#channel ? this.#channel.work.run(work) : start(work)
  }
}

function checkKey(key: unknown): void {
  if (typeof key !== 'string')
    throw new SessionError('ERR_VALUE', `Session keys are strings, not ${typeof key}`)
}
