import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { REVISION_BYTES, type RecordStore, type StoredRecord, type Token } from '@sess/core/engine'

/** A record id as core makes them: 64 lowercase hex characters. */
export function newId(): string {
  return randomBytes(32).toString('hex')
}

/** Record data as core makes it: a fresh revision, then content. Every call is another write. */
export function newData(content: string | number = 'a session with some content'): Uint8Array {
  const bytes = typeof content === 'number' ? randomBytes(content - REVISION_BYTES) : Buffer.from(content)
  return new Uint8Array(Buffer.concat([randomBytes(REVISION_BYTES), bytes]))
}

/** Every value that a byte can have, and what text, padding or escaping could change, under a revision. */
export function allBytes(): Uint8Array {
  const values = Array.from({ length: 256 }, (_, i) => i)
  return Uint8Array.from([...randomBytes(REVISION_BYTES), ...values, ...Buffer.from("\r\n\r\n\\'\\\\ \0\0")])
}

/** Fails unless `stored` is a record with just these bytes. */
export function assertHolds(stored: StoredRecord | undefined, data: Uint8Array, what: string): StoredRecord {
  assert.ok(stored, `${what}: the record is absent`)
  assert.ok(stored.data instanceof Uint8Array, `${what}: data is no Uint8Array`)
  assert.ok(Buffer.compare(stored.data, data) === 0, `${what}: the record holds other bytes`)
  return stored
}

/** Fails unless a write gave a token. */
export function assertWritten(token: Token | undefined, what: string): Token {
  assert.ok(token !== undefined && token !== null, `${what}: refused`)
  return token
}

/** Fails unless `id` is absent. */
export async function assertAbsent(store: RecordStore, id: string, what: string): Promise<void> {
  assert.equal(await store.load(id), undefined, what)
}

/** Creates a live record and gives what a check needs of it. */
export async function createLive(
  store: RecordStore,
  expiresAt: number,
  data: Uint8Array = newData(),
): Promise<{ id: string; data: Uint8Array; token: Token }> {
  const id = newId()
  const token = assertWritten(await store.create(id, data, expiresAt), 'create of a new id')
  return { id, data, token }
}

/** Extends the life of a record as core does: by `extend`, or by a swap of the same data. */
export async function extendLife(
  store: RecordStore,
  id: string,
  data: Uint8Array,
  expiresAt: number,
  token: Token,
): Promise<Token | undefined> {
  return store.extend ? store.extend(id, expiresAt, token) : store.update(id, data, expiresAt, token)
}
