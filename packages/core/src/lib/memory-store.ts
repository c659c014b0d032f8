import type { Clock } from './clock.ts'
import { TOMBSTONE_BYTES } from './codec/record.ts'
import type { RecordStore, StoredRecord } from './record-store.ts'
import { setImmediate } from './timers.ts'

/** Options of the memory engine. */
export interface MemoryConfig {
  /** Most sessions held, also as text; one more drops the one that was idle longest. Unlimited when unset. */
  readonly maxSessions?: number | string
}

/** A record in a ring that runs from the longest idle to the last used. */
interface Entry {
  readonly id: string
  /** One byte per character: a string costs a fraction of the memory of a Buffer. */
  data: string
  expiresAt: number
  newer: Entry
  older: Entry
}

/** A map of a million entries stops the process for a tenth of a second whenever it grows; small ones do not. */
const SHARDS = 1024
/** Entries looked at before other work gets its turn: a millisecond's worth, as most are in no cache. */
const SLICE = 1000

/** Sessions in this process: they end with it, and no other process sees them. */
export class MemoryStore implements RecordStore {
  readonly #clock: Clock
  readonly #maxSessions: number
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, Entry>())
  readonly #ring: Entry
  #size = 0
  #sweepAt = 0

  constructor({ clock, maxSessions = Number.POSITIVE_INFINITY }: { clock: Clock; maxSessions?: number }) {
    this.#clock = clock
    this.#maxSessions = maxSessions
    const ring = { id: '', data: '', expiresAt: 0 } as Entry
    ring.newer = ring.older = ring
    this.#ring = ring
  }

  create(id: string, data: Uint8Array, expiresAt: number): string | undefined {
    const shard = this.#shardOf(id)
    const there = shard.get(id)
    if (there) {
      if (this.#isLive(there)) return undefined
      this.#remove(shard, there)
    }
    const longestIdle = this.#ring.newer
    if (this.#size >= this.#maxSessions) this.#remove(this.#shardOf(longestIdle.id), longestIdle)
    const entry: Entry = { id, data: toText(data), expiresAt, newer: this.#ring, older: this.#ring }
    shard.set(id, entry)
    this.#size++
    this.#markUsed(entry)
    return entry.data
  }

  load(id: string): StoredRecord | undefined {
    const entry = this.#live(id)
    if (!entry) return undefined
    // Without a limit nobody asks for the order of use, and its neighbours in the ring are in no cache.
    if (this.#maxSessions !== Number.POSITIVE_INFINITY) {
      this.#unlink(entry)
      this.#markUsed(entry)
    }
    return { data: Buffer.from(entry.data, 'latin1'), expiresAt: entry.expiresAt, token: entry.data }
  }

  update(id: string, data: Uint8Array, expiresAt: number, token: unknown): string | undefined {
    const entry = this.#live(id)
    if (entry === undefined || entry.data !== token) return undefined
    entry.data = toText(data)
    entry.expiresAt = expiresAt
    return entry.data
  }

  extend(id: string, expiresAt: number, token: unknown): string | undefined {
    const entry = this.#live(id)
    if (entry === undefined || entry.data !== token) return undefined
    entry.expiresAt = expiresAt
    return entry.data
  }

  delete(id: string, token?: unknown): boolean {
    const entry = this.#live(id)
    if (entry === undefined || (token !== undefined && entry.data !== token)) return false
    this.#remove(this.#shardOf(id), entry)
    return true
  }

  async count(now: number): Promise<number> {
    let count = 0
    await this.#visit(0, entry => {
      if (entry.expiresAt > now && entry.data.length > TOMBSTONE_BYTES) count++
      return true
    })
    return count
  }

  /** Goes on where the last sweep stopped, and lets other work through in between. */
  async sweep(now: number, limit: number): Promise<number> {
    let swept = 0
    // Callers sweep batch after batch.
    await nextTurn()
    this.#sweepAt = await this.#visit(this.#sweepAt, (entry, shard) => {
      if (entry.expiresAt <= now) {
        this.#remove(shard, entry)
        swept++
      }
      return swept < limit
    })
    return swept
  }

  /** Visits all entries from a shard on, until told to stop, and gives the shard to go on from. */
  async #visit(from: number, visit: (entry: Entry, shard: Map<string, Entry>) => boolean): Promise<number> {
    let visited = 0
    for (let i = 0; i < SHARDS; i++) {
      const at = (from + i) % SHARDS
      const shard = this.#shards[at] as Map<string, Entry>
      for (const entry of shard.values()) if (!visit(entry, shard)) return at
      visited += shard.size
      if (visited >= SLICE) {
        visited = 0
        await nextTurn()
      }
    }
    return from
  }

  #live(id: string): Entry | undefined {
    const entry = this.#shardOf(id).get(id)
    return entry && this.#isLive(entry) ? entry : undefined
  }

  #isLive(entry: Entry): boolean {
    return entry.expiresAt > this.#clock.now()
  }

  #shardOf(id: string): Map<string, Entry> {
    // The manager's ids are hashes, so their characters are as good as any hash of them.
    let hash = 0
    for (let i = 0; i < id.length && i < 6; i++) hash = (hash * 31 + id.charCodeAt(i)) | 0
    return this.#shards[hash & (SHARDS - 1)] as Map<string, Entry>
  }

  #remove(shard: Map<string, Entry>, entry: Entry): void {
    shard.delete(entry.id)
    this.#unlink(entry)
    this.#size--
  }

  #unlink(entry: Entry): void {
    entry.older.newer = entry.newer
    entry.newer.older = entry.older
  }

  #markUsed(entry: Entry): void {
    entry.older = this.#ring.older
    entry.newer = this.#ring
    this.#ring.older.newer = entry
    this.#ring.older = entry
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}

function toText(data: Uint8Array): string {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1')
}
