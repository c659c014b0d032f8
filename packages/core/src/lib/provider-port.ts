import type { Entries } from './codec/entries.ts'
import { decodeValue, encodeValue } from './codec/values.ts'
import { Deadline } from './deadline.ts'
import { SessionError } from './errors.ts'
import { KeyedQueue } from './keyed-queue.ts'
import type { Lifetimes } from './lifetimes.ts'
import { applyOperation, type Patch } from './patch.ts'
import type { Provider } from './provider.ts'
import type { Absence, Capabilities, OpenedSession, SessionPort } from './session-port.ts'
import type { SessionStore } from './session-store.ts'

/** The key under which a foreign store keeps what core has to know of a session. */
const META = '@sess'

interface Meta {
  createdAt: number
  lifetime: number
  expiresAt: number
}

/**
 * Sessions over somebody's own {@link Provider}. Its seven methods have no swap: a patch is replayed on a
 * fresh `sessionRead`, one at a time within this process. Between processes updates can be lost, and a
 * destroyed session can come back, if the provider itself does not prevent it.
 */
export class ProviderPort implements SessionPort {
  readonly capabilities: Capabilities = {
    kind: 'provider',
    count: true,
    sweep: true,
    maxBytes: undefined,
    maxCookies: undefined,
  }
  readonly #provider: Provider
  readonly #lifetimes: Lifetimes
  readonly #timeout: number
  /** One key, one task at a time: what a server with one process needs to lose nothing. */
  readonly #queue = new KeyedQueue()

  constructor(provider: Provider, lifetimes: Lifetimes, timeout: number) {
    this.#provider = provider
    this.#lifetimes = lifetimes
    this.#timeout = timeout
  }

  open(id: string): Promise<OpenedSession | Absence> {
    return this.#open(id, this.#deadline())
  }

  commit(id: string, base: OpenedSession | undefined, patch: Patch): Promise<OpenedSession | Absence> {
    return this.#oneAtATime(id, 'sessionRelease', async deadline => {
      const current = await this.#open(id, deadline)
      if (typeof current !== 'string') return this.#write(current, patch, deadline)
      if (base !== undefined) return 'gone'
      return this.#write(this.#empty(id, await this.#read(id, deadline)), patch, deadline)
    })
  }

  extend(base: OpenedSession): Promise<OpenedSession | undefined> {
    return this.#oneAtATime(base.id, 'sessionRelease', async deadline => {
      const current = await this.#open(base.id, deadline)
      if (typeof current === 'string') return undefined
      return this.#write(current, { cleared: false, operations: new Map() }, deadline)
    })
  }

  regenerate(base: OpenedSession, newId: string, patch: Patch): Promise<OpenedSession | Absence> {
    return this.#oneAtATime(base.id, 'sessionRegenerate', async deadline => {
      const current = await this.#open(base.id, deadline)
      if (typeof current === 'string') return current
      const store = await deadline.run('sessionRegenerate', () =>
        this.#provider.sessionRegenerate(base.id, newId),
      )
      return this.#write(
        { ...current, id: newId, entries: new ForeignEntries(store), token: store },
        patch,
        deadline,
      )
    })
  }

  destroy(id: string, base?: OpenedSession): Promise<Absence | undefined> {
    return this.#oneAtATime(id, 'sessionDestroy', async deadline => {
      if (base && !(await deadline.run('sessionExist', () => this.#provider.sessionExist(id)))) return 'gone'
      await deadline.run('sessionDestroy', () => this.#provider.sessionDestroy(id))
      return undefined
    })
  }

  async count(): Promise<number> {
    return Deadline.forMaintenance(this.#timeout).run('sessionAll', () => this.#provider.sessionAll())
  }

  async sweep(): Promise<number> {
    await Deadline.forMaintenance(this.#timeout).run('sessionGC', () => this.#provider.sessionGC())
    return 0
  }

  async ping(): Promise<void> {
    await this.#deadline().run('sessionExist', () => this.#provider.sessionExist('0'.repeat(64)))
  }

  async close(): Promise<void> {}

  async #open(id: string, deadline: Deadline): Promise<OpenedSession | Absence> {
    if (!(await deadline.run('sessionExist', () => this.#provider.sessionExist(id)))) return 'gone'
    const session = this.#empty(id, await this.#read(id, deadline))
    const meta = (session.token as SessionStore).get(META) as Partial<Meta> | undefined
    if (typeof meta?.expiresAt !== 'number') return session
    if (this.#lifetimes.isExpired(meta.expiresAt)) return 'gone'
    return { ...session, ...(meta as Meta) }
  }

  /** A session that core has not written yet: it begins now. */
  #empty(id: string, store: SessionStore): OpenedSession {
    const createdAt = this.#lifetimes.clock.now()
    const expiresAt = this.#lifetimes.expiresAt(createdAt, 0)
    return { id, createdAt, lifetime: 0, expiresAt, entries: new ForeignEntries(store), token: store }
  }

  async #read(id: string, deadline: Deadline): Promise<SessionStore> {
    return deadline.run('sessionRead', () => this.#provider.sessionRead(id))
  }

  async #write(session: OpenedSession, patch: Patch, deadline: Deadline): Promise<OpenedSession> {
    const store = session.token as SessionStore
    // Worked out before anything is changed: a store may keep what it is given, whether released or not.
    const texts = [...patch.operations].map(
      ([key, operation]) =>
        [key, applyOperation(patch.cleared ? undefined : session.entries.get(key), key, operation)] as const,
    )
    const lifetime = patch.lifetime ?? session.lifetime
    const meta: Meta = {
      createdAt: session.createdAt,
      lifetime,
      expiresAt: this.#lifetimes.expiresAt(session.createdAt, lifetime),
    }
    await deadline.run('sessionRelease', async () => {
      if (patch.cleared) await store.flush()
      for (const [key, text] of texts) {
        if (text === undefined) await store.delete(key)
        else await store.set(key, decodeValue(text, key))
      }
      await store.set(META, meta)
      await store.sessionRelease()
    })
    return { ...session, ...meta, entries: new ForeignEntries(store) }
  }

  /** The time that a task waits for the others is its own. */
  #oneAtATime<T>(id: string, operation: string, task: (deadline: Deadline) => Promise<T>): Promise<T> {
    const deadline = this.#deadline()
    const result = this.#queue.run(id, async () => {
      deadline.check(operation)
      return task(deadline)
    })
    return deadline.wait(operation, result)
  }

  #deadline(): Deadline {
    return new Deadline(this.#timeout)
  }
}

/** What a foreign store holds, read key by key: it has no list of its keys. */
class ForeignEntries implements Entries {
  readonly #store: SessionStore

  constructor(store: SessionStore) {
    this.#store = store
  }

  get(key: string): string | undefined {
    const value = this.#store.get(key)
    // A copy, as text: what the store hands out may be shared with other requests.
    return value === undefined ? undefined : encodeValue(value, key)
  }

  keys(): Iterable<string> {
    throw new SessionError(
      'ERR_UNSUPPORTED',
      'A provider of the seven methods cannot list the keys of a session',
    )
  }
}
