import { type Awaitable, attempt, follow } from './awaitable.ts'
import type { Entries } from './codec/entries.ts'
import { Draft } from './draft.ts'
import { mayBeDone, SessionError } from './errors.ts'
import type { Patch } from './patch.ts'
import { Sequence } from './sequence.ts'
import type { SessionChannel } from './session-channel.ts'
import type { SessionContext, SessionStart } from './session-context.ts'
import type { Absence, OpenedSession } from './session-port.ts'

const nothing: Entries = new Map<string, string>()

/** The life of a session within one request: its saves, new ids, extensions and end, one after another. */
export class SessionLifecycle {
  readonly #context: SessionContext
  readonly #channel: SessionChannel | undefined
  #id: string | undefined
  #opened: OpenedSession | undefined
  #state: 'live' | 'destroyed' | Absence
  /** The session is known to have ended, so that a change of it is an error. */
  #isClosed = false
  /** The session is stored though it has no data. */
  #mustBegin = false
  #draft: Draft
  #sequence: Sequence | undefined
  #extension: Promise<void> | undefined
  /** The browser's cookie has a lifetime, or an old tag: it is sent again whenever a write shows that its id lives. */
  readonly #isCookieAging: boolean
  /** The response waits for an extension, to send the cookie with it. */
  #cookieDue: boolean

  /** Without a channel, as behind `getProvider()`, there is no cookie. */
  constructor(context: SessionContext, channel: SessionChannel | undefined, start: SessionStart) {
    const { id, found, renewCookie = false } = start
    this.#context = context
    this.#channel = channel
    this.#id = id
    this.#opened = typeof found === 'object' ? found : undefined
    this.#state = found === 'retired' ? found : 'live'
    this.#draft = new Draft(this.#opened?.entries ?? nothing)
    this.#isCookieAging = channel !== undefined && (renewCookie || (this.#opened?.lifetime ?? 0) !== 0)
    this.#cookieDue = this.#isCookieAging && this.#isExtensionDue
  }

  get id(): string {
    this.#id ??= this.#context.createID()
    return this.#id
  }

  /** The session as the engine has it; `undefined` if nothing is stored. */
  get opened(): OpenedSession | undefined {
    return this.#opened
  }

  get createdAt(): number {
    return this.#opened?.createdAt ?? this.#context.lifetimes.clock.now()
  }

  get expiresAt(): number {
    if (this.#opened && this.#draft.lifetime === undefined) return this.#opened.expiresAt
    return this.#context.lifetimes.expiresAt(this.createdAt, this.lifetime)
  }

  /** The session's own idle lifetime in seconds, or 0; saved or not. */
  get lifetime(): number {
    return this.#draft.lifetime ?? this.#opened?.lifetime ?? 0
  }

  /** Lets a session begin that has no data. */
  begin(): void {
    this.#mustBegin = true
  }

  get isEnded(): boolean {
    return this.#state !== 'live'
  }

  /** Whether the response has to wait: for a save, or for a cookie. */
  get needsRelease(): boolean {
    return this.#sequence?.isRunning || this.#cookieDue || this.#isChanged()
  }

  /** The data, to read it. @throws ERR_SESSION_DESTROYED */
  get data(): Draft {
    if (this.#state === 'destroyed') throw endedError()
    return this.#draft
  }

  /** The data, to change it. @throws ERR_SESSION_DESTROYED, also for a session that others are known to have ended */
  get changes(): Draft {
    if (this.#isClosed) throw endedError()
    return this.data
  }

  /** Gives the session its full lifetime again, if that is due and no cookie has to go with it. */
  keepAlive(): void {
    if (!this.#cookieDue && this.#isExtensionDue) this.#extension = this.#extend()
  }

  /** Saves what has changed; over at once where the engine is. */
  release(): Awaitable<void> {
    return this.#run(() => {
      if (this.#isChanged()) return this.#save()
      return this.#cookieDue ? this.#extend() : undefined
    })
  }

  regenerate(newID: string = this.#context.createID()): Awaitable<void> {
    return this.#run(() => this.#regenerate(newID))
  }

  /** Says why the session was not there to be ended, if so. */
  destroy(): Awaitable<Absence | undefined> {
    return this.#run(() => this.#destroy())
  }

  reload(): Awaitable<void> {
    return this.#run(() => this.#reload())
  }

  get #storageID(): string {
    return this.#opened?.id ?? this.#context.storageID(this.id)
  }

  get #isExtensionDue(): boolean {
    return this.#opened !== undefined && this.#context.lifetimes.isExtensionDue(this.#opened)
  }

  #isChanged(): boolean {
    if (this.#state === 'destroyed') return false
    return this.#opened ? this.#draft.isChanged() : this.#mustBegin || this.#draft.hasData()
  }

  #run<T>(task: () => Awaitable<T>): Awaitable<T> {
    this.#sequence ??= new Sequence(error =>
      this.#context.events.emit('saveError', { id: this.#storageID, error }),
    )
    return this.#sequence.run(task)
  }

  #save(): Awaitable<void> {
    if (this.#state !== 'live') return this.#drop(this.#state as Absence)
    const { port } = this.#context
    const before = this.#opened
    const needsCookie =
      before === undefined || port.capabilities.kind === 'sealed' || this.#draft.lifetime !== undefined
    if (needsCookie) this.#channel?.check()
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

  async #regenerate(newID: string): Promise<void> {
    if (this.#state !== 'live') return this.#drop(this.#state as Absence)
    if (!this.#opened) {
      // Nothing is stored: it only has to be stored under the new id.
      this.#id = newID
      return
    }
    this.#channel?.check()
    const { id } = this.#opened
    const { port, storageID, events } = this.#context
    const moved = await this.#write(async patch =>
      this.#sendCookie(await port.regenerate(this.#opened as OpenedSession, storageID(newID), patch), newID),
    )
    if (moved === undefined) return
    this.#id = newID
    events.emit('regenerated', { id, newID: moved.id })
  }

  async #destroy(): Promise<Absence | undefined> {
    if (this.#state === 'destroyed') return undefined
    const absence = this.#state === 'live' ? await this.#end() : this.#state
    // A visitor whom another request gave a new id, or logged out, may have a newer cookie by now.
    if (absence === undefined) this.#channel?.clear()
    this.#state = 'destroyed'
    return absence
  }

  async #end(): Promise<Absence | undefined> {
    await this.#extension
    if (!this.#opened) return undefined
    const { id } = this.#opened
    const absence = await this.#context.port.destroy(id, this.#opened)
    if (absence === undefined) this.#context.events.emit('destroyed', { id })
    return absence
  }

  async #reload(): Promise<void> {
    await this.#extension
    if (this.#state === 'destroyed') return
    const { port } = this.#context
    const before = this.#opened
    const reference = port.capabilities.kind === 'sealed' ? (before?.token as string) : before?.id
    const found = reference === undefined ? undefined : await port.open(reference)
    if (typeof found === 'string') this.#state = found
    else this.#opened = found
    this.#isClosed = this.isEnded
    this.#draft = new Draft(typeof found === 'object' ? found.entries : nothing)
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
        this.#tellDropped(result)
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
    this.#tellDropped(reason)
  }

  /** @throws ERR_SESSION_DESTROYED where there is no response, and so nobody but the caller to tell */
  #tellDropped(reason: Absence): void {
    this.#context.events.emit('dropped', { id: this.#storageID, reason })
    if (this.#channel?.hasResponse !== false) return
    this.#isClosed = true
    throw endedError()
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
      this.#channel?.check()
    } catch {
      return
    }
    this.#sendCookie(session)
  }

  #sendCookie(written: OpenedSession | Absence, id: string = this.id): OpenedSession | Absence {
    if (typeof written === 'string') return written
    this.#cookieDue = false
    this.#channel?.send({ id, sealed: written.sealed, lifetime: written.lifetime })
    return written
  }
}

function endedError(): SessionError {
  return new SessionError('ERR_SESSION_DESTROYED', 'This session has ended: sessionStart gives a new one')
}
