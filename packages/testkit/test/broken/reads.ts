import { type StoredRecord, TOMBSTONE_BYTES, type Token } from '@sess/core/engine'
import { MapStore, type Row } from '../support/map-store.ts'
import { brokenStore } from './broken.ts'

/** A row for every id that anybody asks for, as long as nobody has created it. */
class AdoptsUnknownIds extends MapStore {
  static readonly #created = new Set<string>()

  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    if (!AdoptsUnknownIds.#created.has(id)) await this.delete(id)
    AdoptsUnknownIds.#created.add(id)
    return super.create(id, data, expiresAt)
  }

  override async load(id: string): Promise<StoredRecord | undefined> {
    if (!this.live(id) && !AdoptsUnknownIds.#created.has(id))
      this.write(this.reach(), id, new Uint8Array(16), this.clock.now() + 3_600_000)
    return super.load(id)
  }
}

class ExtendsOnRead extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.live(id)
    if (row) row.expiresAt = Math.max(row.expiresAt, this.clock.now() + 3_600_000)
    return row
  }
}

/** Remembers what it has loaded until it writes itself, as if the others did not. */
class ReadsAnOldWrite extends MapStore {
  readonly #seen = new Map<string, StoredRecord>()

  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.#seen.get(id) ?? this.live(id)
    if (row) this.#seen.set(id, row)
    return this.live(id) && row
  }

  override async update(
    id: string,
    data: Uint8Array,
    expiresAt: number,
    token: Token,
  ): Promise<Token | undefined> {
    this.#seen.delete(id)
    return super.update(id, data, expiresAt, token)
  }
  override async delete(id: string, token?: Token): Promise<boolean> {
    this.#seen.delete(id)
    return super.delete(id, token)
  }
}

class OverwritesInPlace extends MapStore {
  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    const bytes = rows.get(id)?.data
    const token = super.write(rows, id, data, expiresAt)
    if (bytes?.length === data.length) {
      bytes.set(data)
      ;(rows.get(id) as Row).data = bytes
    }
    return token
  }
}

class ReadsIntoOneBuffer extends MapStore {
  readonly #buffer = new Uint8Array(3_000_000)

  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.live(id)
    if (!row) return undefined
    this.#buffer.set(row.data)
    return { ...row, data: this.#buffer.subarray(0, row.data.length) }
  }
}

class HidesTombstones extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    const found = await super.load(id)
    const isTombstone = found?.data.length === TOMBSTONE_BYTES && found.data.at(-1) === 0
    return isTombstone ? undefined : found
  }
}

class TearsRecords extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    const first = this.live(id)
    if (!first || first.data.length < 10_000) return first
    await new Promise(resolve => setImmediate(resolve))
    const second = this.live(id) ?? first
    const half = first.data.length / 2
    return { ...second, data: Uint8Array.from([...first.data.slice(0, half), ...second.data.slice(half)]) }
  }
}

class TranslatesNewlines extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.live(id)
    const text = row && Buffer.from(row.data).toString('latin1')
    return row && text?.includes('\r\n\r\n')
      ? { ...row, data: Buffer.from(text.replaceAll('\r\n', '\n'), 'latin1') }
      : row
  }
}

class ThrowsAtDamage extends MapStore {
  static readonly #sums = new Map<string, number>()

  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    const token = super.write(rows, id, data, expiresAt)
    ThrowsAtDamage.#sums.set(token as string, sum(data))
    return token
  }

  override async load(id: string): Promise<StoredRecord | undefined> {
    const row = this.live(id)
    if (row && ThrowsAtDamage.#sums.get(row.token) !== sum(row.data))
      throw new Error('this record is damaged')
    return row
  }
}

class SwallowsErrors extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    return super.load(id).catch(() => undefined)
  }
}

class ShowsIds extends MapStore {
  override async load(id: string): Promise<StoredRecord | undefined> {
    if (id.includes('/')) throw new TypeError(`not a good id: ${id}`)
    return super.load(id)
  }
}

class FoldsCase extends MapStore {
  override async create(id: string, data: Uint8Array, expiresAt: number): Promise<Token | undefined> {
    return super.create(id.toLowerCase(), data, expiresAt)
  }

  override async load(id: string): Promise<StoredRecord | undefined> {
    return super.load(id.toLowerCase())
  }
}

class CutsIds extends MapStore {
  protected override live(id: string): Row | undefined {
    return super.live(id.slice(0, 63))
  }

  protected override write(rows: Map<string, Row>, id: string, data: Uint8Array, expiresAt: number): Token {
    return super.write(rows, id.slice(0, 63), data, expiresAt)
  }

  override async delete(id: string, token?: Token): Promise<boolean> {
    return super.delete(id.slice(0, 63), token)
  }
}

function sum(data: Uint8Array): number {
  return data.reduce((total, byte, i) => (total * 31 + byte + i) % 1_000_000_007, data.length)
}

/** Engines that read what they should not, or change what they read. */
export const reads = [
  brokenStore('a load adopts an unknown id', AdoptsUnknownIds, [
    'load / gives undefined for an id that nobody created, and creates nothing',
    'save / creates nothing where there is nothing',
    'touch / creates nothing where there is nothing',
    'regenerate-faults / leaves the old session whole or is done when the backend refuses once at create',
    'regenerate-faults / leaves the old session whole or is done when the backend refuses at every create',
    'regenerate-faults / leaves the old session whole or is done when the backend hangs once at create',
    'regenerate-faults / leaves the old session whole or is done when the backend refuses every call',
    'faults / tries a save again that was not done',
  ]),
  brokenStore('a load writes', ExtendsOnRead, [
    'load / neither prolongs nor shortens a life',
    'save / replaces data and expiry and gives the next token',
    'touch / moves the expiry either way and keeps the data',
    'expiry / keeps the moment it was given, or rounds it up by less than a second',
    'expiry / ends a record at its moment, not before',
    'expiry / gives a session the lifetime that it asks for',
    'expiry / ends at the absolute lifetime, however much it is used',
    'expiry / is not undone by a request that was under way',
    'concurrency / extends no session that was destroyed meanwhile',
    'budget / extends a session that is only read once per tenth of its lifetime',
  ]),
  brokenStore('a load gives an old write', ReadsAnOldWrite, [
    'load / gives the last write, on every connection',
    'load / gives a token that an update is done with, to every reader',
    'load / shows every server what one of them saved',
    'touch / moves the expiry either way and keeps the data',
    'expiry / ends an idle session at its moment, not before',
    'expiry / lives on while it is used',
    'provider / sessionRegenerate moves the session and leaves nothing under the old id',
    'budget / extends a session that is only read once per tenth of its lifetime',
    'faults / gives a typed error and keeps what was stored when a save fails',
  ]),
  brokenStore('an update overwrites what was loaded', OverwritesInPlace, [
    'isolation / gives no reader what another one may overwrite',
    'faults / says that the outcome is unknown when another save hides it, and does it no second time',
  ]),
  brokenStore('loads share a buffer', ReadsIntoOneBuffer, [
    'isolation / gives no reader what another one may overwrite',
    'faults / says that the outcome is unknown when the answer is lost and a new id may have taken the save along',
    'faults / says that the outcome is unknown when another save hides it, and does it no second time',
  ]),
  brokenStore('a load hides tombstones', HidesTombstones, [
    'regenerate / lets a late request with the old id neither see, change nor replace the session',
    'regenerate / lets a logout that was under way end nothing and clear no newer cookie',
    'regenerate-faults / leaves the old session whole or is done when the answer is lost at every update',
    'regenerate-faults / leaves the old session whole or is done when the answer is lost once at update',
    'faults / says that the outcome is unknown when the answer is lost and a new id may have taken the save along',
  ]),
  brokenStore('a load tears records', TearsRecords, [
    'load / never gives a record that is half one write and half another',
  ]),
  brokenStore('data is stored as text', TranslatesNewlines, [
    'create / stores the very bytes, of every value and of any length',
  ]),
  brokenStore('a damaged record is an exception', ThrowsAtDamage, [
    'corruption / loads damaged records without an exception, and can replace and delete them',
    'corruption / takes a torn session for none',
    'corruption / gives all of a session or none after a flipped bit',
  ]),
  brokenStore('an outage is taken for a missing record', SwallowsErrors, [
    'outage / throws while the backend is down, and goes on when it is back',
    'outage / turns an outage into a typed error, not into a lost session',
  ]),
  brokenStore('an id is shown in an error', ShowsIds, [
    'isolation / keeps strange ids apart or refuses them with ERR_INVALID_ID',
  ]),
  brokenStore('ids are folded to lower case', FoldsCase, [
    'isolation / keeps strange ids apart or refuses them with ERR_INVALID_ID',
  ]),
  brokenStore('ids are cut', CutsIds, [
    'isolation / keeps records apart whose ids differ by one character',
    'isolation / keeps strange ids apart or refuses them with ERR_INVALID_ID',
    'corruption / loads damaged records without an exception, and can replace and delete them',
    'corruption / takes a torn session for none',
    'corruption / gives all of a session or none after a flipped bit',
  ]),
]
