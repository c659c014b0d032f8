import { type Awaitable, attempt, follow } from './awaitable.ts'
import type { TextEntries } from './codec/entries.ts'
import { decodeRecord, encodeRecord, encodeTombstone, type LiveRecord, revisionOf } from './codec/record.ts'
import type { Deadline } from './deadline.ts'
import { isSessionError, SessionError } from './errors.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { RecordStore, StoredRecord, Token } from './record-store.ts'
import type { OpenedSession } from './session-port.ts'

/** A session opened from a record. */
export interface OpenedRecord extends OpenedSession {
  readonly entries: TextEntries
  readonly data: Uint8Array
}

/** What is to be stored, in place of `base` or as a new record. */
interface Swap {
  readonly id: string
  readonly base: OpenedRecord | undefined
  readonly data: Buffer
  readonly expiresAt: number
}

/**
 * How long a regenerated id stays told apart from an unknown one, in milliseconds: as long as requests that
 * were sent with it may still arrive.
 */
const TOMBSTONE_LIFETIME = 30_000

/** Writes records by compare-and-swap, each write exactly once. */
export class RecordWriter {
  readonly #store: RecordStore
  readonly #lifetimes: Lifetimes

  constructor(store: RecordStore, lifetimes: Lifetimes) {
    this.#store = store
    this.#lifetimes = lifetimes
  }

  /** Writes in place of `base`, or a new record without one. `undefined`: that is not what is stored any more. */
  save(
    id: string,
    base: OpenedRecord | undefined,
    content: LiveRecord,
    deadline: Deadline,
  ): Awaitable<OpenedRecord | undefined> {
    const data = encodeRecord(content)
    this.#checkSize(data)
    const expiresAt = this.#lifetimes.expiresAt(content.createdAt, content.lifetime)
    return follow(this.#swap({ id, base, data, expiresAt }, deadline), token =>
      token === undefined ? undefined : openedRecord(id, content, { data, expiresAt, token }),
    )
  }

  /** Puts a tombstone in place of `base`. `false`: that is not what is stored any more. */
  async retire(base: OpenedRecord, deadline: Deadline): Promise<boolean> {
    const expiresAt = this.#lifetimes.clock.now() + TOMBSTONE_LIFETIME
    const swap = { id: base.id, base, data: encodeTombstone(), expiresAt }
    return (await this.#swap(swap, deadline)) !== undefined
  }

  /** Deletes the very record that was opened. `false`: that is not what is stored any more. */
  async delete(base: OpenedRecord, deadline: Deadline): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await deadline.run('delete', () => this.#store.delete(base.id, base.token))
      } catch (error) {
        if (!isAnswerLost(error)) throw error
        const found = await this.#lookAfter(error, base.id, deadline)
        if (found === undefined) return true
        if (revisionOf(found.data) !== revisionOf(base.data)) return false
        if (attempt === 2 || deadline.isOver) throw error
      }
    }
  }

  #checkSize(data: Uint8Array): void {
    const { maxBytes } = this.#store
    if (maxBytes === undefined || data.length <= maxBytes) return
    const message = `The session has ${data.length} bytes, this engine holds ${maxBytes}: store less, or ids in place of objects`
    throw new SessionError('ERR_TOO_LARGE', message, { limit: maxBytes })
  }

  /**
   * When the answer to a swap is lost, what is stored tells whether it was done. Ours: done. What was there
   * before: not done, so it may be sent again, with the same revision. Anything else: nobody can tell. A backend
   * may also do it after it was looked for; then the second attempt is the one that comes too late.
   */
  #swap(swap: Swap, deadline: Deadline): Awaitable<Token | undefined> {
    return attempt(
      () => this.#put(swap, swap.base?.token, deadline),
      token => token,
      error => this.#swapAgain(swap, error, deadline),
    )
  }

  async #swapAgain(swap: Swap, error: unknown, deadline: Deadline): Promise<Token | undefined> {
    const { id, base, data } = swap
    let lost = error
    let isLate = false
    for (let isLast = false; ; isLast = true) {
      if (!isAnswerLost(lost)) throw lost
      const found = await this.#lookAfter(lost, id, deadline)
      const revision = found && revisionOf(found.data)
      if (found && revision === revisionOf(data)) return found.token
      if (revision !== (base && revisionOf(base.data))) {
        if (base && found === undefined) return undefined
        // A regenerated id is never written again, but its successor may have taken this save along.
        if (isTombstone(found) && isTombstone(swap)) return undefined
        throw outcomeUnknown(lost)
      }
      if (isLate) return undefined
      if (isLast || deadline.isOver) throw lost
      try {
        const written = await this.#put(swap, found?.token, deadline)
        if (written !== undefined) return written
        isLate = true
      } catch (error) {
        lost = error
      }
    }
  }

  #put(
    { id, base, data, expiresAt }: Swap,
    token: Token | undefined,
    deadline: Deadline,
  ): Awaitable<Token | undefined> {
    return deadline.run(base ? 'update' : 'create', () =>
      token === undefined
        ? this.#store.create(id, data, expiresAt)
        : this.#store.update(id, data, expiresAt, token),
    )
  }

  async #lookAfter(error: unknown, id: string, deadline: Deadline): Promise<StoredRecord | undefined> {
    try {
      return await deadline.run('load', () => this.#store.load(id))
    } catch {
      throw outcomeUnknown(error)
    }
  }
}

export function openedRecord(id: string, record: LiveRecord, stored: StoredRecord): OpenedRecord {
  const { createdAt, lifetime, entries } = record
  const { data, expiresAt, token } = stored
  return { id, createdAt, lifetime, entries, data, expiresAt, token }
}

function isTombstone(record: { data: Uint8Array } | undefined): boolean {
  return record !== undefined && decodeRecord(record.data) === 'tombstone'
}

/** A driver's error leaves it open; a SessionError of the engine says that nothing was done. */
function isAnswerLost(error: unknown): boolean {
  return isSessionError(error, 'ERR_BACKEND') && error.cause !== undefined
}

function outcomeUnknown(cause: unknown): SessionError {
  return new SessionError(
    'ERR_OUTCOME_UNKNOWN',
    'The backend failed in the middle of a save, which may or may not have been done',
    { cause },
  )
}
