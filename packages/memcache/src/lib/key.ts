import { createHash } from 'node:crypto'

/** Bytes of a key after its prefix, at most. */
export const KEY_ID_BYTES = 64

/**
 * The key of a record. Ids of the manager are taken as they are, others as their hash: a key holds no raw id, has at
 * most 250 characters, and none that memcached refuses. The two have different lengths, so none is the other.
 */
export function keyOf(prefix: string, id: string): string {
  return prefix + (/^[\da-f]{64}$/.test(id) ? id : hashOf(id))
}

/** Of every character as it is, even of one that is no Unicode. */
function hashOf(id: string): string {
  return createHash('sha256').update(Buffer.from(id, 'utf16le')).digest('base64url')
}
