import { randomUUID } from 'node:crypto'
import {
  type Clock,
  type RecordStore,
  type StoredRecord,
  TOMBSTONE_BYTES,
  type Token,
} from '@sess/core/engine'
import type { Backend } from '@sess/testkit'

export interface Row {
  data: Uint8Array
  expiresAt: number
  token: string
}

/** The rows that all connections share, and whether they can be reached. */
export class Rows {
  readonly map = new Map<string, Row>()
  isDown = false
}

/** The contract in its plainest form, which the broken stores break. */
export class MapStore implements RecordStore {
  readonly maxBytes?: number = 3_000_000
  protected readonly clock: Clock
  protected readonly rows: Rows

  constructor(rows: Rows, clock: Clock) {
    this.rows = rows
    this.clock = clock
  }

  async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    const rows = this.reach()
    return this.live(id) ? undefined : this.write(rows, id, data, expiresAt)
  }

  async load(id: string): Promise<StoredRecord | undefined> {
    this.reach()
    return this.live(id)
  }

  async update(id: string, data: Uint8Array, expiresAt: number, token: Token): Promise<Token | undefined> {
    const rows = this.reach()
    return this.live(id)?.token === token ? this.write(rows, id, data, expiresAt) : undefined
  }

  async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    const row = this.live(id)
    return row?.token === token ? this.write(this.reach(), id, row.data, expiresAt) : undefined
  }

  async delete(id: string, token?: Token): Promise<boolean> {
    const rows = this.reach()
    const row = this.live(id)
    return row !== undefined && (token === undefined || row.token === token) && rows.delete(id)
  }

  async count(now: number): Promise<number> {
    const rows = [...this.reach().values()]
    return rows.filter(row => row.expiresAt > now && row.data.length > TOMBSTONE_BYTES).length
  }

  async sweep(now: number, limit: number): Promise<number> {
    const expired = [...this.reach()].filter(([, row]) => row.expiresAt <= now).slice(0, limit)
    for (const [id] of expired) this.rows.map.delete(id)
    return expired.length
  }

  async close(): Promise<void> {}

  protected reach(): Map<string, Row> {
    if (this.rows.isDown) throw new Error('the backend is down')
    return this.rows.map
  }

  protected live(id: string): Row | undefined {
    const row = this.reach().get(id)
    return row && row.expiresAt > this.clock.now() ? row : undefined
  }

  protected write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    const token = randomUUID()
    rows.set(id, { data: Uint8Array.from(data), expiresAt, token })
    return token
  }
}

/** A backend of rows, reached by stores of the given class. */
export function mapBackend(
  clock: Clock,
  Store: new (rows: Rows, clock: Clock) => RecordStore = MapStore,
  rows: Rows = new Rows(),
): Backend {
  return {
    connect: () => new Store(rows, clock),
    dump: () => [...rows.map].flatMap(([id, row]) => [id, row.data]),
    tamper: (id, change) => {
      const row = rows.map.get(id)
      if (row) rows.map.set(id, { ...row, data: change(row.data) })
    },
    outage: () => {
      rows.isDown = true
      return () => {
        rows.isDown = false
      }
    },
  }
}
