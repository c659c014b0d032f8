import { crc32 } from 'node:zlib'
import { randomInto } from '../random.ts'
import { TextEntries } from './entries.ts'

/*
 * The bytes that engines store:
 *
 *   revision  8  fresh and random in every write: what a swap compares
 *   checksum  4  CRC-32 of all that follows: a torn or cut record is no record
 *   kind      1  a tombstone, which ends here, or the encoding of the entries
 *   created   6  milliseconds since 1970
 *   lifetime  4  seconds of idle lifetime if the session has its own, else 0
 *   entries      see entries.ts
 */
export const REVISION_BYTES = 8
/** Data of this length or less marks a retired id; it is no session. */
export const TOMBSTONE_BYTES = 13
const HEADER_BYTES = 23
const CHECKSUM_AT = 8
const KIND_AT = 12
const CREATED_AT = 13
const LIFETIME_AT = 19

const TOMBSTONE = 0
const ENCODINGS = [undefined, 'latin1', 'utf8', 'utf16le'] as const

/** What a record holds of a session. */
export interface LiveRecord {
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Idle lifetime in seconds if the session has its own, else 0. */
  readonly lifetime: number
  readonly entries: TextEntries
}

export function encodeRecord({ createdAt, lifetime, entries: { text } }: LiveRecord): Buffer {
  const utf8Length = Buffer.byteLength(text)
  // Pure ASCII is by far the fastest to read; a lone surrogate would not survive UTF-8.
  const kind = utf8Length === text.length ? 1 : text.isWellFormed() ? 2 : 3
  const data = Buffer.allocUnsafe(HEADER_BYTES + (kind === 3 ? text.length * 2 : utf8Length))
  data[KIND_AT] = kind
  data.writeUIntBE(createdAt, CREATED_AT, 6)
  data.writeUInt32BE(lifetime, LIFETIME_AT)
  data.write(text, HEADER_BYTES, ENCODINGS[kind])
  return sign(data)
}

/** What is left under an id that was regenerated: it reads as absent. */
export function encodeTombstone(): Buffer {
  const data = Buffer.allocUnsafe(TOMBSTONE_BYTES)
  data[KIND_AT] = TOMBSTONE
  return sign(data)
}

/** The record in those bytes, or `undefined` if they are damaged. */
export function decodeRecord(bytes: Uint8Array): LiveRecord | 'tombstone' | undefined {
  const data = asBuffer(bytes)
  if (data.length < TOMBSTONE_BYTES || data.readUInt32BE(CHECKSUM_AT) !== crc32(data.subarray(KIND_AT)))
    return undefined
  const kind = data[KIND_AT] as number
  if (kind === TOMBSTONE) return 'tombstone'
  const encoding = ENCODINGS[kind]
  if (encoding === undefined || data.length < HEADER_BYTES) return undefined
  return {
    createdAt: data.readUIntBE(CREATED_AT, 6),
    lifetime: data.readUInt32BE(LIFETIME_AT),
    entries: new TextEntries(() => data.toString(encoding, HEADER_BYTES)),
  }
}

/** The revision of a record's bytes, as a string that can be compared and sent. */
export function revisionOf(data: Uint8Array): string {
  return asBuffer(data).toString('latin1', 0, REVISION_BYTES)
}

function sign(data: Buffer): Buffer {
  randomInto(data, REVISION_BYTES)
  data.writeUInt32BE(crc32(data.subarray(KIND_AT)), CHECKSUM_AT)
  return data
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
