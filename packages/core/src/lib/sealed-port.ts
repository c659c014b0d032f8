import { type Awaitable, follow } from './awaitable.ts'
import type { TextEntries } from './codec/entries.ts'
import { decodeRecord, encodeRecord } from './codec/record.ts'
import { Deadline } from './deadline.ts'
import { SessionError } from './errors.ts'
import type { Lifetimes } from './lifetimes.ts'
import { type Patch, patchRecord } from './patch.ts'
import type { SealedStore, Unsealed } from './sealed-store.ts'
import type { Absence, Capabilities, OpenedSession, SessionPort } from './session-port.ts'

/** A session opened from a seal. */
interface OpenedSeal extends OpenedSession {
  readonly entries: TextEntries
}

const ID_BYTES = 16
/** Node's servers refuse requests whose headers have more than 16 KiB: four full cookies are too many. */
const DEFAULT_MAX_COOKIES = 3

/** Sessions over a {@link SealedStore}: there is no server, so nothing to swap, count or revoke. */
export class SealedPort implements SessionPort {
  readonly capabilities: Capabilities
  readonly #store: SealedStore
  readonly #lifetimes: Lifetimes
  readonly #timeout: number

  constructor(store: SealedStore, lifetimes: Lifetimes, timeout: number) {
    this.#store = store
    this.#lifetimes = lifetimes
    this.#timeout = timeout
    this.capabilities = {
      kind: 'sealed',
      count: false,
      sweep: false,
      maxBytes: undefined,
      maxCookies: store.maxCookies ?? DEFAULT_MAX_COOKIES,
    }
  }

  open(sealed: string): Awaitable<OpenedSession | Absence> {
    const found = this.#deadline().run('open', () => this.#store.open(sealed))
    return follow(found, unsealed => this.#opened(sealed, unsealed))
  }

  #opened(sealed: string, found: Unsealed | undefined): OpenedSeal | Absence {
    if (found === undefined || this.#lifetimes.isExpired(found.expiresAt)) return 'gone'
    const data = Buffer.from(found.data)
    const record = decodeRecord(data.subarray(ID_BYTES))
    if (typeof record !== 'object') return 'gone'
    // One by one: spreading the record would cost as much as opening the seal.
    const { createdAt, lifetime, entries } = record
    const { expiresAt, sealedAt, isOutdated = false } = found
    const id = data.toString('hex', 0, ID_BYTES)
    return { id, createdAt, lifetime, expiresAt, sealedAt, isOutdated, entries, token: sealed }
  }

  commit(id: string, base: OpenedSession | undefined, patch: Patch): Awaitable<OpenedSession> {
    const record = patchRecord(base as OpenedSeal | undefined, patch, this.#lifetimes.clock.now())
    const { createdAt, lifetime, entries } = record
    const expiresAt = this.#lifetimes.expiresAt(createdAt, lifetime)
    const data = Buffer.concat([Buffer.from(id, 'hex'), encodeRecord(record)])
    return follow(
      this.#deadline().run('seal', () => this.#store.seal(data, expiresAt)),
      sealed => ({ id, createdAt, lifetime, expiresAt, entries, token: sealed, sealed }),
    )
  }

  async extend(base: OpenedSession): Promise<OpenedSession> {
    return this.commit(base.id, base, { cleared: false, operations: new Map() })
  }

  async regenerate(base: OpenedSession, newId: string, patch: Patch): Promise<OpenedSession> {
    return this.commit(newId, base, patch)
  }

  async destroy(): Promise<undefined> {}

  async count(): Promise<number> {
    throw new SessionError('ERR_UNSUPPORTED', 'Sessions that live with the client cannot be counted')
  }

  async sweep(): Promise<number> {
    return 0
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}

  #deadline(): Deadline {
    return new Deadline(this.#timeout)
  }
}
