import { type Clock, type RecordStore, SessionError, type StoredRecord } from '@sess/core/engine'
import type { CouchbaseClient } from './client.ts'
import { Connection } from './connection.ts'
import { type CouchbaseConfig, readConfig, type Settings } from './couchbase-config.ts'
import { countSessions } from './count.ts'
import { Documents } from './documents.ts'
import { keyOf } from './key.ts'
import { MAX_BYTES, type SessionDocument } from './session-document.ts'

/** What a {@link CouchbaseStore} needs besides its configuration. */
export interface CouchbaseStoreContext {
  readonly clock: Clock
  /** The most that an operation may take, in milliseconds. Default 5000. */
  readonly timeout?: number
}

/** A write of a record: its CAS, and when the record ends. */
interface Version {
  readonly cas: unknown
  readonly expiresAt: number
}

/**
 * Sessions as JSON documents of a Couchbase collection, changed by compare-and-swap. Any number of stores, in any
 * number of processes, may share a collection.
 */
export class CouchbaseStore implements RecordStore {
  readonly maxBytes: number = MAX_BYTES
  readonly #connection: Connection
  readonly #documents: Documents
  readonly #settings: Settings
  readonly #clock: Clock
  #isClosed = false

  private constructor(connection: Connection, settings: Settings, clock: Clock, timeout: number) {
    this.#connection = connection
    this.#documents = new Documents(connection, {
      clock,
      timeout,
      durabilityLevel: settings.durabilityLevel,
    })
    this.#settings = settings
    this.#clock = clock
  }

  /**
   * Connects, and sees that the collection is there.
   *
   * @throws ERR_CONFIG if the configuration is wrong, the login refused, or bucket, scope or collection missing;
   *   ERR_BACKEND if the cluster cannot be reached
   */
  static async open(
    config: string | CouchbaseConfig | CouchbaseClient,
    { clock, timeout = 5000 }: CouchbaseStoreContext,
  ): Promise<CouchbaseStore> {
    const settings = readConfig(config)
    return new CouchbaseStore(await Connection.open(settings, timeout), settings, clock, timeout)
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    const found = await this.#documents.find(this.#keyOf(id))
    if (found?.session === undefined || !this.#isLive(found.session)) return undefined
    const { data, expiresAt } = found.session
    return { data, expiresAt, token: { cas: found.cas, expiresAt } }
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<Version | undefined> {
    const key = this.#keyOf(id)
    for (;;) {
      let cas = await this.#documents.insert(key, data, expiresAt)
      if (cas !== undefined) return { cas, expiresAt }
      const found = await this.#documents.find(key)
      if (found === undefined) continue
      if (this.#isLive(found.session)) return undefined
      // What has expired by our clock, or is no session, is as good as absent.
      cas = await this.#documents.replace(key, data, expiresAt, found.cas)
      if (cas !== undefined) return { cas, expiresAt }
    }
  }

  async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: unknown,
  ): Promise<Version | undefined> {
    const key = this.#keyOf(id)
    if (!this.#isCurrent(token)) return undefined
    const cas = await this.#documents.replace(key, data, expiresAt, token.cas)
    return cas === undefined ? undefined : { cas, expiresAt }
  }

  async delete(id: string, token?: unknown): Promise<boolean> {
    const key = this.#keyOf(id)
    if (token !== undefined) return this.#isCurrent(token) && this.#documents.remove(key, token.cas)
    const found = await this.#documents.find(key)
    // What is no session is somebody else's, or for a person to look at.
    if (found?.session === undefined) return false
    if (this.#isLive(found.session)) return this.#documents.remove(key)
    await this.#documents.remove(key, found.cas)
    return false
  }

  /** @throws ERR_UNSUPPORTED if the cluster has no query service, or no index for it */
  async count(now: number): Promise<number> {
    // While the cluster is away, the SDK would wait for as long as counting may take.
    await this.#documents.find(this.#keyOf('?'))
    return countSessions(this.#connection.collection, { prefix: this.#settings.prefix, now })
  }

  /** Closes the cluster that the engine connected. A client that was given stays open. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#connection.close()
  }

  #keyOf(id: string): string {
    this.#checkOpen()
    return keyOf(this.#settings.prefix, id)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'The Couchbase store is closed')
  }

  #isLive(session: SessionDocument | undefined): boolean {
    return session !== undefined && session.expiresAt > this.#clock.now()
  }

  /** Whether the record that the token is of can be live still. */
  #isCurrent(token: unknown): token is Version {
    return (
      (token as Partial<Version>).expiresAt !== undefined && (token as Version).expiresAt > this.#clock.now()
    )
  }
}
