import type { Clock, RecordStore, StoredRecord } from '@sess/core/engine'

interface Row {
  text: string
  expiresAt: number
}

/**
 * What anybody would write: one Map, swept in one go. It is measured beside the memory engine, to show what a million
 * strings cost in this runtime anyway, and what a sweep looks like that blocks, whatever its limit.
 */
export class MapStore implements RecordStore {
  readonly #rows = new Map<string, Row>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  create(id: string, data: Uint8Array, expiresAt: number): string | undefined {
    if (this.#live(id)) return undefined
    const text = Buffer.from(data).toString('latin1')
    this.#rows.set(id, { text, expiresAt })
    return text
  }

  load(id: string): StoredRecord | undefined {
    const row = this.#live(id)
    return row && { data: Buffer.from(row.text, 'latin1'), expiresAt: row.expiresAt, token: row.text }
  }

  update(id: string, data: Uint8Array, expiresAt: number, token: unknown): string | undefined {
    const row = this.#live(id)
    if (row?.text !== token) return undefined
    const text = Buffer.from(data).toString('latin1')
    this.#rows.set(id, { text, expiresAt })
    return text
  }

  delete(id: string, token?: unknown): boolean {
    const row = this.#live(id)
    return row !== undefined && (token === undefined || row.text === token) && this.#rows.delete(id)
  }

  count(now: number): number {
    let count = 0
    for (const { expiresAt } of this.#rows.values()) if (expiresAt > now) count++
    return count
  }

  sweep(now: number): number {
    const before = this.#rows.size
    for (const [id, { expiresAt }] of this.#rows) if (expiresAt <= now) this.#rows.delete(id)
    return before - this.#rows.size
  }

  #live(id: string): Row | undefined {
    const row = this.#rows.get(id)
    return row && row.expiresAt > this.#clock.now() ? row : undefined
  }
}
