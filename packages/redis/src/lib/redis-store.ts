import { type Clock, type RecordStore, revisionOf, SessionError, type StoredRecord } from '@sess/core/engine'
import { Connection } from './connection.ts'
import { countLive } from './count.ts'
import { EXPIRY_BYTES, expiryBytes, expiryOf, recordValue } from './record-value.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisConfig, RedisEngineName } from './redis-config.ts'
import * as scripts from './scripts.ts'
import { readConfig } from './settings.ts'

/** What a {@link RedisStore} needs besides its configuration. */
export interface RedisStoreContext {
  readonly clock: Clock
  /** The most that a call may take, in milliseconds. Default 5000. */
  readonly timeout?: number
  /** How a config string is read, and what a `client` must be. Default `'redis'`, which takes any object. */
  readonly name?: RedisEngineName
}

/**
 * Redis removes a key so long after its session has ended, in milliseconds. The session's own expiry is what
 * counts; this leaves room for a clock that is set back.
 */
const GRACE = 60_000
/** Ten thousand years in milliseconds: what is longer Redis does not take. */
const LONGEST = 10_000 * 31_557_600_000

/** Sessions in Redis or Valkey: a single server, a cluster, or a master that sentinels know. */
export class RedisStore implements RecordStore {
  /** Strings of Redis have at most 512 MiB. */
  readonly maxBytes: number = 512 * 1024 * 1024 - EXPIRY_BYTES
  readonly #connection: Connection
  readonly #prefix: string
  readonly #clock: Clock

  private constructor(connection: Connection, prefix: string, clock: Clock) {
    this.#connection = connection
    this.#prefix = prefix
    this.#clock = clock
  }

  /**
   * Connects.
   *
   * @throws ERR_CONFIG if the configuration is wrong or Redis refuses it, ERR_BACKEND if Redis cannot be reached
   */
  static async open(
    config: string | RedisConfig | RedisClient,
    { clock, timeout = 5000, name = 'redis' }: RedisStoreContext,
  ): Promise<RedisStore> {
    const settings = readConfig(config, name)
    const { prefix } = settings
    const connection = await Connection.open(settings, timeout)
    const store = new RedisStore(connection, prefix, clock)
    try {
      // Keys that no session has. A single server that is part of a cluster refuses two at once.
      const keys = ['0', '1'].slice(connection.isCluster ? 1 : 0).map(digit => prefix + digit.repeat(64))
      await connection.check(
        keys,
        prefix,
        settings.kind === 'client' ? `the address of 'client'` : settings.address,
      )
    } catch (error) {
      await store.close()
      throw error
    }
    return store
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    const key = this.#keyOf(id)
    const value = await this.#connection.run(client => client.getBuffer(key))
    const expiresAt = value && expiryOf(value)
    if (!value || !expiresAt) return undefined
    if (!(expiresAt > this.#clock.now())) return undefined
    const data = value.subarray(EXPIRY_BYTES)
    return { data, expiresAt, token: revisionOf(data) }
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<string | undefined> {
    const key = this.#keyOf(id)
    const value = recordValue(data, expiresAt)
    const ttl = this.#ttl(expiresAt)
    const isCreated =
      (await this.#connection.run(client => client.set(key, value, 'PX', ttl, 'NX'))) !== null ||
      (await this.#connection.runScript(scripts.create, key, this.#clock.now(), value, ttl))
    return isCreated ? revisionOf(data) : undefined
  }

  async update(id: string, data: Uint8Array, expiresAt: number, token: unknown): Promise<string | undefined> {
    const args = [revisionBytes(token), recordValue(data, expiresAt), this.#ttl(expiresAt)]
    return (await this.#run(scripts.update, id, ...args)) ? revisionOf(data) : undefined
  }

  async extend(id: string, expiresAt: number, token: unknown): Promise<string | undefined> {
    const args = [revisionBytes(token), expiryBytes(expiresAt), this.#ttl(expiresAt)]
    return (await this.#run(scripts.extend, id, ...args)) ? (token as string) : undefined
  }

  async delete(id: string, token?: unknown): Promise<boolean> {
    return this.#run(scripts.remove, id, ...(token === undefined ? [] : [revisionBytes(token)]))
  }

  async count(now: number): Promise<number> {
    return countLive(this.#connection, this.#prefix, now)
  }

  /** Closes the connection, if it is the engine's own. */
  async close(): Promise<void> {
    await this.#connection.close()
  }

  #run(script: scripts.Script, id: string, ...args: (string | Buffer | number)[]): Promise<boolean> {
    return this.#connection.runScript(script, this.#keyOf(id), this.#clock.now(), ...args)
  }

  #keyOf(id: string): string {
    // Lone surrogates have no UTF-8: ids that differ in them would be one key.
    if (!id.isWellFormed()) throw new SessionError('ERR_INVALID_ID', 'This id is not well-formed Unicode')
    return this.#prefix + id
  }

  #ttl(expiresAt: number): number {
    const left = Math.ceil(expiresAt - this.#clock.now())
    return Math.min(Math.max(left, 0) + GRACE, LONGEST)
  }
}

function revisionBytes(token: unknown): Buffer {
  return Buffer.from(token as string, 'latin1')
}
