import { type Awaitable, follow } from './awaitable.ts'
import { decodeRecord, type LiveRecord } from './codec/record.ts'
import { Deadline } from './deadline.ts'
import { isSessionError, mayBeDone, SessionError } from './errors.ts'
import { KeyedBatches, type Outcome } from './keyed-batches.ts'
import type { Lifetimes } from './lifetimes.ts'
import { type Patch, patchRecord } from './patch.ts'
import type { RecordStore, StoredRecord } from './record-store.ts'
import { type OpenedRecord, openedRecord, RecordWriter } from './record-writer.ts'
import type { Absence, Capabilities, OpenedSession, PortEvents, SessionPort } from './session-port.ts'

/** A save that lost a race. */
interface LateSave {
  patch: Patch
  /** It founds a session, so it may also create one. */
  isNew: boolean
  /** When whoever waits for it gives up. */
  deadline: Deadline
}

/** Sessions over a {@link RecordStore}. */
export class RecordPort implements SessionPort {
  readonly capabilities: Capabilities
  readonly #store: RecordStore
  readonly #writer: RecordWriter
  readonly #lifetimes: Lifetimes
  readonly #timeout: number
  readonly #events: PortEvents
  readonly #lateSaves: KeyedBatches<LateSave, OpenedRecord | Absence>

  constructor(store: RecordStore, lifetimes: Lifetimes, timeout: number, events: PortEvents) {
    this.#store = store
    this.#writer = new RecordWriter(store, lifetimes)
    this.#lifetimes = lifetimes
    this.#timeout = timeout
    this.#events = events
    this.#lateSaves = new KeyedBatches((id, saves) => this.#saveLate(id, saves))
    this.capabilities = {
      kind: 'record',
      count: store.count !== undefined,
      sweep: store.sweep !== undefined,
      maxBytes: store.maxBytes,
      maxCookies: undefined,
    }
  }

  open(id: string): Awaitable<OpenedRecord | Absence> {
    return this.#open(id, this.#deadline())
  }

  commit(id: string, base: OpenedSession | undefined, patch: Patch): Awaitable<OpenedRecord | Absence> {
    const record = base as OpenedRecord | undefined
    const deadline = this.#deadline()
    return follow<OpenedRecord | undefined, OpenedRecord | Absence>(
      this.#writer.save(id, record, this.#content(record, patch), deadline),
      // The batch may have longer: others in it came later.
      saved =>
        saved ??
        // What fails there may be an updater.
        deadline.wait('update', this.#lateSaves.add(id, { patch, isNew: base === undefined, deadline })),
    )
  }

  async extend(base: OpenedSession): Promise<OpenedRecord | undefined> {
    const session = base as OpenedRecord
    const { id, data, token } = session
    const expiresAt = this.#lifetimes.expiresAt(session.createdAt, session.lifetime)
    const extended = await this.#deadline().run('extend', () =>
      this.#store.extend
        ? this.#store.extend(id, expiresAt, token)
        : this.#store.update(id, data, expiresAt, token),
    )
    return extended === undefined ? undefined : { ...session, expiresAt, token: extended }
  }

  async regenerate(base: OpenedSession, newId: string, patch: Patch): Promise<OpenedRecord | Absence> {
    const deadline = this.#deadline()
    let old = base as OpenedRecord
    // Nobody knows the new id yet: until the old one is retired, this record does not count.
    let fresh = await this.#writer.save(newId, undefined, this.#content(old, patch), deadline)
    try {
      while (fresh !== undefined) {
        if (await this.#writer.retire(old, deadline)) return fresh
        this.#noteConflict(old.id, deadline)
        const current = await this.#open(old.id, deadline)
        if (typeof current === 'string') {
          await this.#discard(newId)
          return current
        }
        old = current
        fresh = await this.#writer.save(newId, fresh, this.#content(old, patch), deadline)
      }
    } catch (error) {
      // If the old id may be retired, the new record is the only one left.
      if (!mayBeDone(error)) await this.#discard(newId)
      throw error
    }
    throw new SessionError('ERR_BACKEND', 'The new session id is taken: try again')
  }

  async destroy(id: string, base?: OpenedSession): Promise<Absence | undefined> {
    const deadline = this.#deadline()
    if (base === undefined) {
      await deadline.run('delete', () => this.#store.delete(id))
      return undefined
    }
    for (let current = base as OpenedRecord; ; ) {
      if (await this.#writer.delete(current, deadline)) return undefined
      const found = await this.#open(id, deadline)
      if (typeof found === 'string') return found
      this.#noteConflict(id, deadline)
      current = found
    }
  }

  async count(): Promise<number> {
    return Deadline.forMaintenance(this.#timeout).run('count', () => {
      if (!this.#store.count)
        throw new SessionError('ERR_UNSUPPORTED', 'This engine cannot count its sessions')
      return this.#store.count(this.#lifetimes.clock.now())
    })
  }

  async sweep(limit: number): Promise<number> {
    return Deadline.forMaintenance(this.#timeout).run(
      'sweep',
      () => this.#store.sweep?.(this.#lifetimes.clock.now(), limit) ?? 0,
    )
  }

  async ping(): Promise<void> {
    await this.#deadline().run('load', () => this.#store.load('0'.repeat(64)))
  }

  async close(): Promise<void> {
    await this.#deadline().run('close', () => this.#store.close?.())
  }

  async #discard(id: string): Promise<void> {
    try {
      await this.destroy(id)
    } catch {
      // Nobody has the id: the record only waits for its expiry.
    }
  }

  #deadline(): Deadline {
    return new Deadline(this.#timeout)
  }

  #open(id: string, deadline: Deadline): Awaitable<OpenedRecord | Absence> {
    const found = deadline.run('load', () => this.#store.load(id))
    return follow(found, stored => this.#opened(id, stored))
  }

  #opened(id: string, found: StoredRecord | undefined): OpenedRecord | Absence {
    if (found === undefined || this.#lifetimes.isExpired(found.expiresAt)) return 'gone'
    const record = decodeRecord(found.data)
    if (record === undefined) return 'gone'
    return record === 'tombstone' ? 'retired' : openedRecord(id, record, found)
  }

  #content(base: LiveRecord | undefined, patch: Patch): LiveRecord {
    return patchRecord(base, patch, this.#lifetimes.clock.now())
  }

  async #saveLate(id: string, saves: LateSave[]): Promise<Outcome<OpenedRecord | Absence>[]> {
    try {
      return await this.#saveTogether(id, saves)
    } catch (error) {
      if (saves.length === 1 || !isSessionError(error, 'ERR_TOO_LARGE')) throw error
      // Together they are too much; one for itself may not be.
      const outcomes: Outcome<OpenedRecord | Absence>[] = []
      for (const save of saves)
        outcomes.push(...(await this.#saveTogether(id, [save]).catch((error: unknown) => [{ error }])))
      return outcomes
    }
  }

  /** Saves, in one write, all those that somebody was faster than. */
  async #saveTogether(id: string, saves: LateSave[]): Promise<Outcome<OpenedRecord | Absence>[]> {
    const deadline = Deadline.latest(saves.map(save => save.deadline))
    for (;;) {
      this.#noteConflict(id, deadline)
      const current = await this.#open(id, deadline)
      const mayCreate = current === 'gone' && saves.every(save => save.isNew)
      if (typeof current === 'string' && !mayCreate) return saves.map(() => ({ value: current }))
      const base = typeof current === 'string' ? undefined : current
      const { content, errors } = this.#applyAll(base, saves)
      const saved = content && (await this.#writer.save(id, base, content, deadline))
      if (saved !== undefined || content === undefined)
        return errors.map(error => error ?? { value: saved as OpenedRecord })
    }
  }

  /** The patches one over the other; one that fails fails alone. */
  #applyAll(
    base: OpenedRecord | undefined,
    saves: LateSave[],
  ): { content: LiveRecord | undefined; errors: ({ error: unknown } | undefined)[] } {
    let content: LiveRecord | undefined
    const errors = saves.map(({ patch }) => {
      try {
        content = this.#content(content ?? base, patch)
        return undefined
      } catch (error) {
        return { error }
      }
    })
    return { content, errors }
  }

  #noteConflict(id: string, deadline: Deadline): void {
    this.#events.conflict(id)
    if (deadline.isOver)
      throw new SessionError(
        'ERR_CONFLICT',
        `Other requests kept changing this session for ${this.#timeout} ms: nothing was saved`,
      )
  }
}
