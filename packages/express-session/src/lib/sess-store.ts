import { hash, randomBytes } from 'node:crypto'
import {
  type Clock,
  type ConfigOf,
  type Engine,
  type Manager,
  type ManagerOptions,
  newManager,
  type Provider,
  type Session,
  SessionError,
} from '@sess/core'
import { withStatus } from '@sess/core/adapter'
import session, { type SessionData } from 'express-session'
import { expiresOf, isChanged, type Snapshot, sessionOf, snapshotOf } from './snapshot.ts'

/** Options of {@link sessStore}: those of `newManager` that have nothing to do with cookies. */
export type StoreOptions<Config = unknown> = Pick<
  ManagerOptions<Config>,
  'providerConfig' | 'maxLifetime' | 'touchEvery' | 'timeout' | 'clock'
>

type Callback<T> = (error: unknown, value?: T) => void

/** A session that was read, and what it held then. */
interface Opened {
  readonly sid: string
  readonly session: Session
  snapshot: Snapshot
}

const names = ['providerConfig', 'maxLifetime', 'touchEvery', 'timeout', 'clock']
const MAX_SECONDS = 0xffffffff

/**
 * A store for express-session, or whatever uses its stores, over an engine of this project: the one registered
 * under a name (import its package first), or what `fromRecordStore` gives. Expired sessions are swept from then on.
 *
 * @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN, ERR_UNSUPPORTED, and what the engine throws when it cannot start
 */
export function sessStore<const Name extends string>(
  provider: Name,
  options?: StoreOptions<ConfigOf<Name>>,
): Promise<SessStore>
export function sessStore(engine: Engine, options?: StoreOptions): Promise<SessStore>
export async function sessStore(engine: string | Engine, options: StoreOptions = {}): Promise<SessStore> {
  for (const name of Object.keys(options))
    if (!names.includes(name))
      throw new SessionError('ERR_CONFIG', `sessStore has no option '${name}'; there are ${names.join(', ')}`)
  const { maxLifetime = 3600, touchEvery, clock = Date } = options
  if (touchEvery !== undefined && !(Number.isInteger(touchEvery) && touchEvery >= 0))
    throw new SessionError('ERR_CONFIG', 'sessStore: touchEvery must be a whole number of seconds, e.g. 360')
  // The engine does not extend by itself what it is asked for: express-session says when a session was used.
  const given = { ...options, maxLifetime, touchEvery: MAX_SECONDS }
  const manager = await (typeof engine === 'string'
    ? newManager<Record<string, unknown>, string>(engine, given)
    : newManager(engine, given))
  const { kind } = manager.capabilities
  if (kind !== 'record') {
    await manager.close()
    const why =
      kind === 'sealed' ? 'its sessions live with the client' : 'a Provider cannot list what a session holds'
    throw new SessionError('ERR_UNSUPPORTED', `This engine cannot be a store for express-session: ${why}`)
  }
  void manager.gc()
  return new SessStore(manager, { maxLifetime, touchEvery, clock })
}

/** The engine of a {@link Manager} as a store for express-session. {@link sessStore} makes one. */
export class SessStore extends session.Store {
  /** For its events, `ping()` and `gc()`. */
  readonly manager: Manager
  readonly #provider: Provider
  readonly #maxLifetime: number
  readonly #touchEvery: number | undefined
  readonly #clock: Clock
  /** What express-session was given, and what it has made of that. */
  readonly #opened = new WeakMap<object, Opened>()

  /** For {@link sessStore} only. */
  constructor(
    manager: Manager,
    { maxLifetime, touchEvery, clock }: { maxLifetime: number; touchEvery: number | undefined; clock: Clock },
  ) {
    super()
    this.manager = manager
    this.#provider = manager.getProvider()
    this.#maxLifetime = maxLifetime
    this.#touchEvery = touchEvery
    this.#clock = clock
  }

  /** The session with that id, or `null`. */
  override get(sid: string, callback: Callback<SessionData | null>): void {
    answer(this.#get(sid), callback, 503)
  }

  /**
   * Saves a session. One that came from here is saved as a patch of what has changed since, and not at all if it
   * was destroyed meanwhile; any other as it is.
   */
  override set(sid: string, data: SessionData, callback?: Callback<void>): void {
    answer(this.#set(sid, data), callback)
  }

  /** Extends a session; what it holds is left alone. */
  override touch(sid: string, data: SessionData, callback?: Callback<void>): void {
    answer(this.#touch(sid, data), callback)
  }

  /** Ends a session. */
  override destroy(sid: string, callback?: Callback<void>): void {
    answer(this.#destroy(sid), callback)
  }

  /** How many sessions are live. Fails with ERR_UNSUPPORTED where the engine cannot count. */
  override length(callback: Callback<number>): void {
    answer(this.#provider.sessionAll(), callback)
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

  async #get(sid: string): Promise<SessionData | null> {
    const opened = await this.#open(sid)
    if (!this.#isLive(opened)) return null
    const data = sessionOf(opened.snapshot) as SessionData
    this.#opened.set(data, opened)
    return data
  }

  async #set(sid: string, data: SessionData): Promise<void> {
    const snapshot = snapshotOf(data)
    const opened = this.#of(sid, data) ?? (await this.#open(sid))
    await this.#save(opened, snapshot)
    this.#opened.set(data, opened)
  }

  async #touch(sid: string, data: SessionData): Promise<void> {
    const opened = this.#of(sid, data) ?? (await this.#open(sid))
    if (!this.#isLive(opened)) return
    const { cookie } = data
    await this.#save(opened, new Map([...opened.snapshot, ...snapshotOf({ cookie })]))
  }

  async #destroy(sid: string): Promise<void> {
    const id = storageID(sid)
    // express-session hands back the sessions it was given, so a late one is known for what it is. Others hand
    // back copies: what tells that those are late is the mark that a regenerated id leaves for a while.
    if ('generate' in this) return this.#provider.sessionDestroy(id)
    const unknown = randomBytes(32).toString('hex')
    const moved = (await this.#provider.sessionRegenerate(id, unknown)) as Session
    if (!moved.isNew) await this.#provider.sessionDestroy(unknown)
  }

  async #open(sid: string): Promise<Opened> {
    const opened = (await this.#provider.sessionRead(storageID(sid))) as Session
    return { sid, session: opened, snapshot: new Map(opened.entries() as [string, string][]) }
  }

  #of(sid: string, data: object): Opened | undefined {
    const opened = this.#opened.get(data)
    return opened?.sid === sid ? opened : undefined
  }

  #isLive({ session, snapshot }: Opened): boolean {
    return !session.isNew && (expiresOf(snapshot) ?? Number.POSITIVE_INFINITY) > this.#clock.now()
  }

  async #save(opened: Opened, snapshot: Snapshot): Promise<void> {
    const { session } = opened
    const isNeeded = session.isNew || session.needsRelease || isChanged(opened.snapshot, snapshot)
    if (!isNeeded && !this.#isDue(opened, snapshot)) return
    const expires = expiresOf(snapshot)
    const left = expires === undefined ? 0 : Math.ceil((expires - this.#clock.now()) / 1000)
    if (left < 0 || (left === 0 && expires !== undefined)) return this.#destroy(opened.sid)
    for (const key of opened.snapshot.keys()) if (!snapshot.has(key)) session.delete(key)
    for (const [key, text] of snapshot) if (text !== opened.snapshot.get(key)) session.set(key, text)
    session.setLifetime(Math.min(left, MAX_SECONDS))
    // Before it is saved: the session itself remembers what is not, and a next save goes on from here.
    opened.snapshot = snapshot
    await session.sessionRelease()
  }

  /** Whether the session would end so much later (or sooner) that it is worth a write. */
  #isDue({ session, snapshot }: Opened, next: Snapshot): boolean {
    const now = this.#clock.now()
    const ends = expiresOf(next) ?? now + this.#maxLifetime * 1000
    const gain = Math.abs(ends - (expiresOf(snapshot) ?? session.expiresAt))
    return gain >= (this.#touchEvery === undefined ? (ends - now) / 10 : this.#touchEvery * 1000)
  }
}

/** Whoever reads the backend must not be able to act as a visitor. */
function storageID(sid: string): string {
  return hash('sha256', sid)
}

async function unsupported(method: string, why: string): Promise<never> {
  throw new SessionError('ERR_UNSUPPORTED', `This store has no ${method}(): ${why}`)
}

/** Calls back once, later, and outside of the promise: what the callback throws is its own affair. */
function answer<T>(work: Promise<T>, callback: Callback<T> = () => {}, status?: number): void {
  work.then(
    value => process.nextTick(callback, null, value),
    error => process.nextTick(callback, status === undefined ? error : withStatus(error, status)),
  )
}
