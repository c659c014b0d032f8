import { type Awaitable, attempt, follow } from './awaitable.ts'
import type { Entries } from './codec/entries.ts'
import { Draft } from './draft.ts'
import { mayBeDone, SessionError } from './errors.ts'
import { checkLifetime } from './lifetimes.ts'
import type { Patch } from './patch.ts'
import { Sequence } from './sequence.ts'
import type { SessionContext, SessionHost, SessionStart } from './session-context.ts'
import type { Absence, OpenedSession } from './session-port.ts'
import type { KeyOf, SessionData, SessionStore } from './session-store.ts'

const nothing: Entries = new Map<string, string>()

/** One request's view of one session. See {@link SessionStore} for what the original's methods do. */
export class Session<Data extends object = SessionData> implements SessionStore<Data>, AsyncDisposable {
  readonly #context: SessionContext
  readonly #host: SessionHost | undefined
  #id: string | undefined
  #opened: OpenedSession | undefined
  #state: 'live' | 'destroyed' | Absence
  #draft: Draft
  /** Saves, moves and ends of this handle. */
  #work: Sequence | undefined
  #extension: Promise<void> | undefined
  /** The browser's cookie has a lifetime, or an old tag: it is sent again whenever a write shows that its id lives. */
  readonly #isCookieAging: boolean
  /** The response waits for an extension, to send the cookie with it. */
  #cookieDue: boolean

  /** For core only; `manager.sessionStart` gives sessions. */
  constructor(context: SessionContext, host: SessionHost | undefined, start: SessionStart) {
    const { id, found, renewCookie = false } = start
    this.#context = context
    this.#host = host
    this.#id = id
    this.#opened = typeof found === 'object' ? found : undefined
    this.#state = found === 'retired' ? found : 'live'
    this.#draft = new Draft(this.#opened?.entries ?? nothing)
    const isDue = this.#opened !== undefined && context.lifetimes.isExtensionDue(this.#opened)
    this.#isCookieAging = host !== undefined && (renewCookie || (this.#opened?.lifetime ?? 0) !== 0)
    this.#cookieDue = isDue && this.#isCookieAging
    if (isDue && !this.#cookieDue) this.#extension = this.#extend()
  }

  /** Whether nothing is stored under this session's id. */
  get isNew(): boolean {
    return this.#opened === undefined
  }

  /** When the session began, in milliseconds since 1970. */
  get createdAt(): number {
    return this.#opened?.createdAt ?? this.#context.lifetimes.clock.now()
  }

  /** When the session ends if nobody comes any more, in milliseconds since 1970. */
  get expiresAt(): number {
    return (
      this.#opened?.expiresAt ?? this.#context.lifetimes.expiresAt(this.createdAt, this.#draft.lifetime ?? 0)
    )
  }

  sessionID(): string {
    this.#id ??= this.#context.createID()
    return this.#id
  }

  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined {
    return this.#data(key).get(key) as Data[K] | undefined
  }

  /** Whether the session has that key, be its value `undefined`. */
  has(key: KeyOf<Data>): boolean {
    return this.#data(key).has(key)
  }

  /** All keys. @throws ERR_UNSUPPORTED behind a provider of the seven methods, which has no list of them */
  keys(): KeyOf<Data>[] {
    return [...this.#data('').keys()] as KeyOf<Data>[]
  }

  /** All keys with their values. @throws ERR_UNSUPPORTED as `keys` */
  entries(): [KeyOf<Data>, Data[KeyOf<Data>]][] {
    return this.keys().map(key => [key, this.get(key) as Data[KeyOf<Data>]])
  }

  set<K extends KeyOf<Data>>(key: K, value: Data[K]): void {
    this.#data(key).set(key, value)
    this.#host?.changed()
  }

  /**
   * Sets `key` to what `updater` makes of its value, and gives that. When another request saves the key first,
   * the updater runs again on what it saved: a hundred requests that count to a hundred. It has to be
   * synchronous and without side effects, and to return the new value.
   *
   * @throws ERR_VALUE if it returns `undefined`, a promise, or what cannot be stored
   */
  update<K extends KeyOf<Data>>(key: K, updater: (value: Data[K] | undefined) => Data[K]): Data[K] {
    const value = this.#data(key).update(key, updater as (value: unknown) => unknown)
    this.#host?.changed()
    return value as Data[K]
  }

  delete(key: KeyOf<Data>): void {
    this.#data(key).delete(key)
    this.#host?.changed()
  }

  flush(): void {
    this.#data('').flush()
    this.#host?.changed()
  }

  /**
   * Gives this session an idle lifetime of its own, in seconds, e.g. 30 days for "remember me". Record and
   * cookie live that long from then on. 0 goes back to the manager's lifetimes. @throws ERR_CONFIG
   */
  setLifetime(seconds: number): void {
    this.#data('').setLifetime(checkLifetime(seconds))
    this.#host?.changed()
  }

  async sessionRelease(): Promise<void> {
    await this.release()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.sessionRelease()
  }

  /** Whether the response has to wait: for a save, or for a cookie. For core only. */
  get needsRelease(): boolean {
    return this.#work?.isRunning || this.#cookieDue || this.#isChanged()
  }

  /** What `sessionRelease` does; over at once where the engine is. For core only. */
  release(): Awaitable<void> {
    return this.#run(() => this.#release())
  }

  /** Moves the session to a new id. `manager.sessionRegenerateId` calls it. */
  async regenerate(id: string = this.#context.createID()): Promise<void> {
    this.#data('')
    await this.#run(() => this.#regenerate(id))
  }

  /** Ends the session. `manager.sessionDestroy` calls it. Says why it was not there to be ended, if so. */
  async destroy(): Promise<Absence | undefined> {
    return await this.#run(async () => {
      if (this.#state === 'destroyed') return undefined
      const absence = this.#state === 'live' ? await this.#end() : this.#state
      // A visitor whom another request gave a new id, or logged out, may have a newer cookie by now.
      if (absence === undefined) this.#host?.clearCookie()
      this.#state = 'destroyed'
      return absence
    })
  }

  get #storageID(): string {
    return this.#opened?.id ?? this.#context.storageID(this.sessionID())
  }

  #data(key: string): Draft {
    if (this.#state === 'destroyed')
      throw new SessionError('ERR_SESSION_DESTROYED', 'Destroyed: sessionStart gives a new session')
    if (typeof key !== 'string')
      throw new SessionError('ERR_VALUE', `Session keys are strings, not ${typeof key}`)
    return this.#draft
  }

  #isChanged(): boolean {
    if (this.#state === 'destroyed') return false
    return this.#opened ? this.#draft.isChanged() : this.#draft.hasData()
  }

  #run<T>(task: () => Awaitable<T>): Awaitable<T> {
    this.#work ??= new Sequence(error =>
      this.#context.events.emit('saveError', { id: this.#storageID, error }),
    )
    return this.#work.run(task)
  }

  #release(): Awaitable<void> {
    if (this.#isChanged()) return this.#save()
    return this.#cookieDue ? this.#extend() : undefined
  }

  #save(): Awaitable<void> {
    if (this.#state !== 'live') return this.#drop(this.#state as Absence)
    const { port } = this.#context
    const before = this.#opened
    const needsCookie =
      before === undefined || port.capabilities.kind === 'sealed' || this.#draft.lifetime !== undefined
    if (needsCookie) this.#host?.checkCookie()
    const id = this.#storageID
    const commit = (patch: Patch) => {
      const saved = port.commit(id, this.#opened, patch)
      // A part of the write: a sealed session that its cookies cannot hold is not saved.
      return needsCookie ? follow(saved, session => this.#sendCookie(session)) : saved
    }
    return follow(this.#write(commit), session => {
      if (session === undefined) return
      if (before === undefined) this.#context.events.emit('created', { id })
      if (!needsCookie && this.#isCookieAging) this.#renewCookie(session)
    })
  }

  async #end(): Promise<Absence | undefined> {
    await this.#extension
    if (!this.#opened) return undefined
    const { id } = this.#opened
    const absence = await this.#context.port.destroy(id, this.#opened)
    if (absence === undefined) this.#context.events.emit('destroyed', { id })
    return absence
  }

  async #regenerate(newID: string): Promise<void> {
    if (this.#state !== 'live') return this.#drop(this.#state as Absence)
    if (!this.#opened) {
      // Nothing is stored: it only has to be stored under the new id.
      this.#id = newID
      return
    }
    this.#host?.checkCookie()
    const { id } = this.#opened
    const { port, storageID, events } = this.#context
    const moved = await this.#write(async patch =>
      this.#sendCookie(await port.regenerate(this.#opened as OpenedSession, storageID(newID), patch), newID),
    )
    if (moved === undefined) return
    this.#id = newID
    events.emit('regenerated', { id, newID: moved.id })
  }

  /** Runs a write of the pending changes. They are pending again if it fails, and dropped if the session is gone. */
  #write(write: (patch: Patch) => Awaitable<OpenedSession | Absence>): Awaitable<OpenedSession | undefined> {
    if (this.#extension) return this.#extension.then(() => this.#write(write))
    const patch = this.#draft.take()
    return attempt(
      () => write(patch),
      result => {
        if (typeof result === 'object') {
          this.#opened = result
          this.#draft.settle(result.entries)
          return result
        }
        this.#state = result
        this.#context.events.emit('dropped', { id: this.#storageID, reason: result })
        return undefined
      },
      error => {
        this.#draft.restore(this.#opened?.entries ?? nothing, patch, mayBeDone(error))
        throw error
      },
    )
  }

  #drop(reason: Absence): void {
    if (!this.#isChanged()) return
    this.#draft.discard()
    this.#context.events.emit('dropped', { id: this.#storageID, reason })
  }

  /** Nobody waits for an extension and nobody is hurt if it fails: the next request tries again. */
  async #extend(): Promise<void> {
    const base = this.#opened as OpenedSession
    const withCookie = this.#cookieDue
    this.#cookieDue = false
    try {
      const extended = await this.#context.port.extend(base)
      if (extended === undefined || this.#state !== 'live') return
      this.#opened = extended
      this.#context.events.emit('extended', { id: base.id })
      // Sent only now that the id is known to live: a cookie for a dead one could replace a newer one.
      if (withCookie) this.#renewCookie(extended)
    } catch (error) {
      this.#context.events.emit('saveError', { id: base.id, error })
    } finally {
      this.#extension = undefined
    }
  }

  /** Sends the cookie again, if it is not too late. */
  #renewCookie(session: OpenedSession): void {
    try {
      this.#host?.checkCookie()
    } catch {
      return
    }
    this.#sendCookie(session)
  }

  #sendCookie(written: OpenedSession | Absence, id: string = this.sessionID()): OpenedSession | Absence {
    if (typeof written === 'string') return written
    this.#cookieDue = false
    this.#host?.sendCookie({ id, sealed: written.sealed, lifetime: written.lifetime })
    return written
  }
}
