import { randomBytes } from 'node:crypto'
import {
  type Clock,
  type ConfigOf,
  type Engine,
  type EngineType,
  lazyManager,
  type Manager,
  type Session,
  SessionError,
} from '@sess/core'
import { type EngineProvider, withStatus } from '@sess/core/adapter'
import { systemClock } from '@sess/core/engine'
import session, { type SessionData } from 'express-session'
import { isID, newSession, type Opened, openedSession, storageID } from './opened.ts'
import { PendingWrites } from './pending-writes.ts'
import { expiresOf, isChanged, type Snapshot, sessionOf, snapshotOf } from './snapshot.ts'
import { checkStoreOptions, type StoreOptions } from './store-options.ts'

type Callback<T> = (error: unknown, value?: T) => void

type Generate = (req: { session?: unknown; sessionID?: unknown }) => void

const MAX_SECONDS = 0xffffffff

/**
 * A store for express-session, or whatever uses its stores, over an engine of this project: by its value, by the name
 * under which it is registered (import its package first), or what `fromRecordStore` gives. It connects at the first
 * use. A connection that fails is the error of the calls that wanted it, and is tried again by the next.
 *
 * Stores of one process whose engine and options say the same share one connection; `name` tells them apart.
 *
 * @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN
 */
export function sessStore<const Name extends string>(
  provider: Name | EngineType<Name>,
  options?: StoreOptions<ConfigOf<Name>>,
): SessStore
export function sessStore(engine: Engine, options?: StoreOptions): SessStore
export function sessStore(engine: string | EngineType | Engine, options: StoreOptions = {}): SessStore {
  checkStoreOptions(options)
  const { maxLifetime = 3600, touchEvery, clock = systemClock } = options
  // The engine does not extend by itself what it is asked for: express-session says when a session was used.
  const given = { ...options, maxLifetime, touchEvery: MAX_SECONDS }
  const manager = lazyManager<Record<string, unknown>, string>(engine as string, given)
  return new SessStore(manager, { maxLifetime, touchEvery, clock })
}

/** The engine of a {@link Manager} as a store for express-session. {@link sessStore} makes one. */
export class SessStore extends session.Store {
  /** For its events, `ping()` and `gc()`. */
  readonly manager: Manager
  readonly #maxLifetime: number
  readonly #touchEvery: number | undefined
  readonly #clock: Clock
  /** What express-session was given, and what it has made of that. */
  readonly #opened = new WeakMap<object, Opened>()
  readonly #writes = new PendingWrites()
  #engine: EngineProvider | undefined
  #connecting: Promise<EngineProvider> | undefined
  /** What the middleware of express-session puts here. Others, as @fastify/session, have no such function. */
  #generate: Generate | undefined

  /** For {@link sessStore} only. */
  constructor(
    manager: Manager,
    { maxLifetime, touchEvery, clock }: { maxLifetime: number; touchEvery: number | undefined; clock: Clock },
  ) {
    super()
    this.manager = manager
    this.#maxLifetime = maxLifetime
    this.#touchEvery = touchEvery
    this.#clock = clock
    Object.defineProperty(this, 'generate', {
      get: () => this.#generate,
      set: (generate: Generate) => {
        this.#generate = req => {
          generate(req)
          this.#begin(req)
        }
      },
    })
  }

  /** The session with that id, or `null`. */
  override get(sid: string, callback: Callback<SessionData | null>): void {
    const after = this.#writes.of(sid)
    const read = isID(sid) ? this.#run(engine => this.#get(engine, sid), after) : Promise.resolve(null)
    answer(read, callback, 503)
  }

  /**
   * Saves a session. One that came from here is saved as a patch of what has changed since, and not at all if it
   * was destroyed meanwhile; any other as it is.
   */
  override set(sid: string, data: SessionData, callback?: Callback<void>): void {
    answer(this.#writes.add(sid, this.#set(sid, data)), callback)
  }

  /** Extends a session; what it holds is left alone. */
  override touch(sid: string, data: SessionData, callback?: Callback<void>): void {
    const work = isID(sid) ? this.#writes.add(sid, this.#touch(sid, data)) : Promise.resolve()
    answer(work, callback)
  }

  /** Ends a session. */
  override destroy(sid: string, callback?: Callback<void>): void {
    const end = () => this.#run(engine => this.#destroy(engine, sid), this.#writes.of(sid))
    answer(isID(sid) ? this.#writes.add(sid, end()) : Promise.resolve(), callback)
  }

  /** How many sessions are live. Fails with ERR_UNSUPPORTED where the engine cannot count. */
  override length(callback: Callback<number>): void {
    answer(
      this.#run(engine => engine.sessionAll()),
      callback,
    )
  }

  /** Fails with ERR_UNSUPPORTED: no engine lists its sessions. */
  override all(callback: Callback<never>): void {
    answer(
      unsupported('all', 'sessions are stored under the hash of their id, and cannot be listed'),
      callback,
    )
  }

  /** Fails with ERR_UNSUPPORTED: no engine lists its sessions. */
  override clear(callback?: Callback<never>): void {
    answer(unsupported('clear', "empty the engine's own table, directory or key prefix instead"), callback)
  }

  /** Remembers what a request's session was made of. For express-session only. */
  override createSession(
    req: Parameters<session.Store['createSession']>[0],
    data: SessionData,
  ): session.Session & SessionData {
    const opened = this.#opened.get(data)
    const created = super.createSession(req, data)
    if (opened) this.#opened.set(created, opened)
    return created
  }

  /** Closes what the engine opened. A client that you passed in stays open. */
  close(): Promise<void> {
    return this.manager.close()
  }

  /** Runs at once where the engine is connected, so that a save is sent before the response that follows it. */
  #run<T>(work: (engine: EngineProvider) => Promise<T>, after?: Promise<unknown>): Promise<T> {
    if (this.#engine && !after) return work(this.#engine)
    return Promise.all([this.#engine ?? this.#connect(), after]).then(([engine]) => work(engine))
  }

  #connect(): Promise<EngineProvider> {
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined
    })
    return this.#connecting
  }

  async #open(): Promise<EngineProvider> {
    await this.manager.ping()
    const { kind } = this.manager.capabilities
    if (kind !== 'record') {
      const why =
        kind === 'sealed'
          ? 'its sessions live with the client'
          : 'a Provider cannot list what a session holds'
      throw new SessionError('ERR_UNSUPPORTED', `This engine cannot be a store for express-session: ${why}`)
    }
    this.#engine = this.manager.getProvider() as EngineProvider
    void this.manager.gc()
    return this.#engine
  }

  /** Remembers that a request's session was generated: nothing has to be read before it is saved. */
  #begin({ session, sessionID }: { session?: unknown; sessionID?: unknown }): void {
    if (typeof session !== 'object' || session === null || !isID(sessionID)) return
    this.#opened.set(session, openedSession(sessionID))
  }

  async #get(engine: EngineProvider, sid: string): Promise<SessionData | null> {
    const opened = await this.#read(engine, sid)
    if (!this.#isLive(opened)) return null
    const data = sessionOf(opened.snapshot) as SessionData
    this.#opened.set(data, opened)
    return data
  }

  async #set(sid: string, data: SessionData): Promise<void> {
    if (!isID(sid))
      throw new SessionError('ERR_INVALID_ID', 'A session id must be a non-empty string: nothing was saved')
    const snapshot = snapshotOf(data)
    const known = this.#of(sid, data)
    if (known) return this.#run(engine => this.#save(engine, known, snapshot))
    return this.#run(async engine => {
      const opened = this.#of(sid, data) ?? (await this.#read(engine, sid))
      this.#opened.set(data, opened)
      await this.#save(engine, opened, snapshot)
    }, this.#writes.of(sid))
  }

  async #touch(sid: string, data: SessionData): Promise<void> {
    const cookie = snapshotOf({ cookie: data.cookie })
    return this.#run(async engine => {
      const opened = this.#of(sid, data) ?? (await this.#read(engine, sid))
      if (this.#isLive(opened)) await this.#save(engine, opened, new Map([...opened.snapshot, ...cookie]))
    }, this.#writes.of(sid))
  }

  async #destroy(engine: EngineProvider, sid: string): Promise<void> {
    const id = storageID(sid)
    // express-session hands back the sessions it was given, so a late one is known for what it is. Others hand
    // back copies: what tells that those are late is the mark that a regenerated id leaves for a while.
    if (this.#generate) return engine.sessionDestroy(id)
    const unknown = randomBytes(32).toString('hex')
    const moved = (await engine.sessionRegenerate(id, unknown)) as Session
    if (!moved.isNew) await engine.sessionDestroy(unknown)
  }

  async #read(engine: EngineProvider, sid: string): Promise<Opened> {
    const session = (await engine.sessionRead(storageID(sid))) as Session
    return openedSession(sid, session)
  }

  #of(sid: string, data: object): Opened | undefined {
    const opened = this.#opened.get(data)
    return opened?.sid === sid ? opened : undefined
  }

  #isLive({ session, snapshot }: Opened): boolean {
    const isStored = session !== undefined && !session.isNew
    return isStored && (expiresOf(snapshot) ?? Number.POSITIVE_INFINITY) > this.#clock.now()
  }

  async #save(engine: EngineProvider, opened: Opened, snapshot: Snapshot): Promise<void> {
    if (!this.#isNeeded(opened, snapshot)) return
    const expires = expiresOf(snapshot)
    const left = expires === undefined ? 0 : Math.ceil((expires - this.#clock.now()) / 1000)
    if (left < 0 || (left === 0 && expires !== undefined)) return this.#destroy(engine, opened.sid)
    opened.session ??= newSession(engine, opened.sid)
    const { session } = opened
    for (const key of opened.snapshot.keys()) if (!snapshot.has(key)) session.delete(key)
    for (const [key, text] of snapshot) if (text !== opened.snapshot.get(key)) session.set(key, text)
    session.setLifetime(Math.min(left, MAX_SECONDS))
    // Before it is saved: the session itself remembers what is not, and a next save goes on from here.
    opened.snapshot = snapshot
    opened.saves++
    const { saves } = opened
    await session.sessionRelease()
    opened.saved = saves
  }

  #isNeeded(opened: Opened, snapshot: Snapshot): boolean {
    const { session, saves, saved } = opened
    if (session === undefined || session.isNew || saves !== saved) return true
    return isChanged(opened.snapshot, snapshot) || this.#isDue(session, opened.snapshot, snapshot)
  }

  /** Whether the session would end so much later (or sooner) that it is worth a write. */
  #isDue(session: Session, snapshot: Snapshot, next: Snapshot): boolean {
    const now = this.#clock.now()
    const ends = expiresOf(next) ?? now + this.#maxLifetime * 1000
    const gain = Math.abs(ends - (expiresOf(snapshot) ?? session.expiresAt))
    return gain >= (this.#touchEvery === undefined ? (ends - now) / 10 : this.#touchEvery * 1000)
  }
}

async function unsupported(method: string, why: string): Promise<never> {
  throw new SessionError('ERR_UNSUPPORTED', `This store has no ${method}(): ${why}`)
}

/** Calls back once, later, and outside of the promise: what the callback throws is its own affair. */
function answer<T>(work: Promise<T>, given: Callback<T> | null | undefined, status?: number): void {
  const callback = given ?? (() => {})
  work.then(
    value => process.nextTick(callback, null, value),
    error => process.nextTick(callback, status === undefined ? error : withStatus(error, status)),
  )
}
