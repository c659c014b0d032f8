import type { Clock, RecordStore, StoredRecord, Token } from '@sess/core/engine'
import { MapStore, type Row, type Rows } from './map-store.ts'

/** Only what every engine must have: it can neither extend, count, sweep nor close, and knows no limit. */
export class LeastStore implements RecordStore {
  readonly #store: MapStore

  constructor(rows: Rows, clock: Clock) {
    this.#store = new MapStore(rows, clock)
  }

  create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return this.#store.create(id, data, expiresAt)
  }

  load(id: string): Promise<StoredRecord | undefined> {
    return this.#store.load(id)
  }

  update(id: string, data: Uint8Array, expiresAt: number, token: Token): Promise<Token | undefined> {
    return this.#store.update(id, data, expiresAt, token)
  }

  delete(id: string, token?: Token): Promise<boolean> {
    return this.#store.delete(id, token)
  }
}

/** Keeps full seconds, rounded up, as many backends do. */
export class SecondsStore extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    return super.write(rows, id, data, Math.ceil(expiresAt / 1000) * 1000)
  }
}

/** Takes its time, before and after. */
export class RemoteStore extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return travel(() => super.create(id, data, expiresAt))
  }

  override async load(id: string): Promise<StoredRecord | undefined> {
    return travel(() => super.load(id))
  }

  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    return travel(() => super.update(id, data, expiresAt, token))
  }

  override async extend(id: string, expiresAt: number, token: Token): Promise<Token | undefined> {
    return travel(() => super.extend(id, expiresAt, token))
  }

  override async delete(id: string, token?: Token): Promise<boolean> {
    return travel(() => super.delete(id, token))
  }
}

let calls = 0

async function travel<T>(call: () => Promise<T>): Promise<T> {
  const there = ++calls % 3
  for (let i = 0; i < there; i++) await new Promise(resolve => setImmediate(resolve))
  const result = await call()
  for (let i = 0; i < 2 - there; i++) await new Promise(resolve => setImmediate(resolve))
  return result
}
