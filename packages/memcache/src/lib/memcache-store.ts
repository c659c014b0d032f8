import { type Clock, type RecordStore, SessionError, type StoredRecord } from '@sess/core/engine'
import { Connections } from './connections.ts'
import { decodeItem, encodeExpiry, encodeNativeExpiry, type Item, maxDataBytes } from './item.ts'
import { KEY_ID_BYTES, keyOf } from './key.ts'
import { type MemcacheClient, makeClient } from './memcache-client.ts'
import { type MemcacheConfig, readConfig } from './memcache-config.ts'
import { type Answer, encodeRequest, opcodes, statuses, unexpected } from './protocol.ts'

/** What a {@link MemcacheStore} needs besides its configuration. */
export interface MemcacheStoreContext {
  readonly clock: Clock
  /** How long a server may take to answer, in milliseconds. Default 5000. */
  readonly timeout?: number
}

/** Which write of a record it is, and when that one ends: a swap that names it needs no look at the record. */
interface WriteToken {
  readonly cas: bigint
  readonly expiresAt: number
}

/** An item as it was found. */
interface FoundItem extends Item {
  readonly token: WriteToken
}

/** Sessions in memcached: one item each, swapped by the protocol's own compare-and-swap. */
export class MemcacheStore implements RecordStore {
  readonly maxBytes: number
  readonly #connections: Connections
  readonly #prefix: string
  readonly #clock: Clock

  private constructor(connections: Connections, prefix: string, clock: Clock, maxBytes: number) {
    this.maxBytes = maxBytes
    this.#connections = connections
    this.#prefix = prefix
    this.#clock = clock
  }

  /**
   * Connects to all servers.
   *
   * @throws ERR_CONFIG if the configuration is wrong, or is not the servers'; ERR_BACKEND if one cannot be reached
   */
  static async open(
    config: string | MemcacheConfig | MemcacheClient,
    { clock, timeout = 5000 }: MemcacheStoreContext,
  ): Promise<MemcacheStore> {
    const settings = readConfig(config)
    const { prefix, client } = settings
    const isOwn = client === undefined
    const connections = new Connections(client ?? makeClient(settings, timeout), { timeout, isOwn })
    try {
      const largestItem = await connections.check(keyOf(prefix, '0'.repeat(64)))
      const maxBytes = maxDataBytes(largestItem, prefix.length + KEY_ID_BYTES)
      return new MemcacheStore(connections, prefix, clock, maxBytes)
    } catch (error) {
      await connections.close()
      throw error
    }
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    const found = itemOf(await this.#get(this.#keyOf(id)))
    return found && this.#isLive(found) ? found : undefined
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<WriteToken | undefined> {
    const key = this.#keyOf(id)
    for (;;) {
      const added = await this.#write(opcodes.add, key, data, expiresAt)
      if (added) return added
      const found = itemOf(await this.#get(key))
      if (found && this.#isLive(found)) return undefined
      const replaced = found && (await this.#write(opcodes.replace, key, data, expiresAt, found.token))
      if (replaced) return replaced
    }
  }

  async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: unknown,
  ): Promise<WriteToken | undefined> {
    const base = token as WriteToken
    if (!this.#isLive(base)) return undefined
    return this.#write(opcodes.replace, this.#keyOf(id), data, expiresAt, base)
  }

  async delete(id: string, token?: unknown): Promise<boolean> {
    const key = this.#keyOf(id)
    const base = token as WriteToken | undefined
    if (base) return this.#isLive(base) && this.#remove(key, base)
    // Sent together, in this order. What was not there and is deleted came in between, and is live.
    const [answer, isRemoved] = await Promise.all([this.#get(key), this.#remove(key)])
    const found = itemOf(answer)
    return isRemoved && (found === undefined || this.#isLive(found))
  }

  /** Waits for the calls under way. A client of the user's stays as it is. */
  async close(): Promise<void> {
    await this.#connections.close()
  }

  #keyOf(id: string): string {
    return keyOf(this.#prefix, id)
  }

  #isLive({ expiresAt }: { expiresAt: number }): boolean {
    return expiresAt > this.#clock.now()
  }

  #get(key: string): Promise<Answer> {
    return this.#connections.send(key, encodeRequest(opcodes.get, key))
  }

  /**
   * Writes an item, in place of `base` if there is one. `undefined`: that is not what is there. A swap is a
   * replacement and no `set`: where the server cannot take the new item, that would drop the old one.
   */
  async #write(
    opcode: typeof opcodes.add | typeof opcodes.replace,
    key: string,
    data: Uint8Array,
    expiresAt: number,
    base?: WriteToken,
  ): Promise<WriteToken | undefined> {
    const request = encodeRequest(opcode, key, {
      cas: base?.cas ?? 0n,
      extras: encodeNativeExpiry(expiresAt, this.#clock),
      value: [encodeExpiry(expiresAt), data],
    })
    const answer = await this.#connections.send(key, request)
    switch (answer.header.status) {
      case statuses.ok:
        return tokenOf(answer, expiresAt)
      case statuses.missing:
      case statuses.exists:
      case statuses.notStored:
        return undefined
      case statuses.tooLarge:
        throw this.#tooLarge(data)
      default:
        throw unexpected(answer)
    }
  }

  /** Deletes an item, only that write of it if one is given. */
  async #remove(key: string, base?: WriteToken): Promise<boolean> {
    const request = encodeRequest(opcodes.delete, key, { cas: base?.cas ?? 0n })
    const answer = await this.#connections.send(key, request)
    const { status } = answer.header
    if (status !== statuses.ok && status !== statuses.missing && status !== statuses.exists)
      throw unexpected(answer)
    return status === statuses.ok
  }

  #tooLarge(data: Uint8Array): SessionError {
    const message = `The session has ${data.length} bytes, more than the memcached server takes: store less, or ids in place of objects`
    return new SessionError('ERR_TOO_LARGE', message, { limit: this.maxBytes })
  }
}

/** The item that was asked for, live or not. */
function itemOf(answer: Answer): FoundItem | undefined {
  const { status } = answer.header
  if (status === statuses.missing) return undefined
  if (status !== statuses.ok) throw unexpected(answer)
  const { expiresAt, data } = decodeItem(answer.val)
  return { expiresAt, data, token: tokenOf(answer, expiresAt) }
}

/** @throws where there is no compare-and-swap, because 0 would swap with anything */
function tokenOf({ header: { cas } }: Answer, expiresAt: number): WriteToken {
  const token = { cas: cas.readBigUInt64BE(), expiresAt }
  if (token.cas === 0n) throw new Error('The memcached server has no compare-and-swap')
  return token
}
