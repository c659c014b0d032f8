import { type Clock, SessionError } from '@sess/core/engine'
import { type CouchbaseCollection, isSdkError, isTimeout } from './client.ts'
import type { Connection } from './connection.ts'
import {
  decodeDocument,
  encodeDocument,
  MAX_BYTES,
  type SessionDocument,
  transcoder,
} from './session-document.ts'

/** Something under a key. */
export interface Found {
  readonly cas: unknown
  /** Unless it is something else, or damaged. */
  readonly session: SessionDocument | undefined
}

export interface DocumentsContext {
  readonly clock: Clock
  /** In milliseconds. */
  readonly timeout: number
  /** As the SDK numbers it. */
  readonly durabilityLevel: number
}

/** The longest expiry that the SDK takes without a warning, in seconds: 50 years. */
const MAX_EXPIRY = 50 * 365 * 86_400

/** Reads and writes documents, each by one operation of the SDK, which sends it once. */
export class Documents {
  readonly #connection: Connection
  readonly #context: DocumentsContext

  constructor(connection: Connection, context: DocumentsContext) {
    this.#connection = connection
    this.#context = context
  }

  async find(key: string): Promise<Found | undefined> {
    const { timeout } = this.#context
    const found = await this.#attempt(key, collection => collection.get(key, { transcoder, timeout }))
    return found && { cas: found.cas, session: decodeDocument(found.content) }
  }

  /** Gives the CAS, or `undefined` if there is something already. */
  async insert(key: string, data: Uint8Array, expiresAt: number): Promise<unknown> {
    const value = encodeDocument(data, expiresAt)
    const options = { ...this.#options(), expiry: this.#expiry(expiresAt) }
    return (await this.#attempt(key, collection => collection.insert(key, value, options)))?.cas
  }

  /** Gives the new CAS, or `undefined` if there is nothing, or something with another CAS. */
  async replace(key: string, data: Uint8Array, expiresAt: number, cas: unknown): Promise<unknown> {
    const value = encodeDocument(data, expiresAt)
    const options = { ...this.#options(cas), expiry: this.#expiry(expiresAt) }
    return (await this.#attempt(key, collection => collection.replace(key, value, options)))?.cas
  }

  /** Gives whether there was something, with that CAS if one is given, and is no more. */
  async remove(key: string, cas?: unknown): Promise<boolean> {
    const removed = await this.#attempt(key, collection => collection.remove(key, this.#options(cas)))
    return removed !== undefined
  }

  #options(cas?: unknown): {
    timeout: number
    durabilityLevel: number
    transcoder: typeof transcoder
    cas?: never
  } {
    const { timeout, durabilityLevel } = this.#context
    // The SDK's own type of a CAS is whatever it gave.
    return { timeout, durabilityLevel, transcoder, ...(cas !== undefined && { cas: cas as never }) }
  }

  /**
   * In seconds from now by the injected clock. The server adds them to its own time, of which it has whole seconds only,
   * so one more keeps it from being early.
   */
  #expiry(expiresAt: number): number {
    const seconds = Math.ceil((expiresAt - this.#context.clock.now()) / 1000) + 1
    // 0 would be for ever.
    return Math.max(1, Math.min(seconds, MAX_EXPIRY))
  }

  /** `undefined` where the state of the document is against it. */
  async #attempt<T>(
    key: string,
    call: (collection: CouchbaseCollection) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await call(this.#connection.collection)
    } catch (error) {
      if (isSdkError(error, 'DocumentNotFoundError', 'DocumentExistsError', 'CasMismatchError'))
        return undefined
      if (isTimeout(error)) this.#connection.missed(key)
      throw translated(error, this.#context.timeout)
    }
  }
}

/** A SessionError where it is certain that nothing was done; else the SDK's own error, which leaves it open. */
function translated(error: unknown, timeout: number): unknown {
  if (isSdkError(error, 'UnambiguousTimeoutError'))
    return new SessionError('ERR_TIMEOUT', `Couchbase did not answer within ${timeout} ms`, { cause: error })
  if (isSdkError(error, 'ValueTooLargeError'))
    return new SessionError('ERR_TOO_LARGE', `A Couchbase document holds ${MAX_BYTES} bytes of session`, {
      limit: MAX_BYTES,
    })
  if (isSdkError(error, 'DurabilityImpossibleError'))
    return new SessionError(
      'ERR_BACKEND',
      "Couchbase has too few nodes up for the 'durability' that is asked for: nothing was saved",
    )
  if (isSdkError(error, 'DurabilityLevelNotAvailableError'))
    return new SessionError(
      'ERR_BACKEND',
      "This bucket cannot do the 'durability' that is asked for: nothing was saved",
    )
  return error
}
