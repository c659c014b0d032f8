import { crc32 } from 'node:zlib'

/*
 * What is in the file of a record, little endian:
 *
 *   magic     8  tells our files from others
 *   checksum  4  CRC-32 of all that follows but the zeros
 *   length    4  of the data, in bytes
 *   expiry    8  milliseconds since 1970, a double
 *   id        1  its length, and the id: a file that was moved to another name is not that session
 *   data
 *   zeros        up to a full page, which is what the disk uses anyway
 */
const MAGIC = Buffer.from('sess\x00f1\n', 'latin1')
const CHECKSUM_AT = 8
const LENGTH_AT = 12
const EXPIRY_AT = 16
const ID_LENGTH_AT = 24
const ID_AT = 25

/** The size of every file is a multiple of this, in bytes. */
export const PAGE = 4096
const BLANK_PAGE: Buffer = Buffer.alloc(PAGE)
/** Larger files are damaged, whatever they claim, and are never read whole. In bytes. */
export const MAX_FILE_BYTES: number = 32 * 1024 * 1024
/** The largest data of a record, in bytes: what is left beside the longest id. */
export const MAX_BYTES: number = MAX_FILE_BYTES - PAGE

/** What a file holds. */
export interface FileRecord {
  readonly data: Buffer
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

/** `'torn'` is one of our files, but damaged or another session's; `'foreign'` is none of ours. */
export type FileContent = FileRecord | 'torn' | 'foreign'

/** The bytes of a file. `id` is ASCII, of at most 255 characters. */
export function encodeFile(id: string, data: Uint8Array, expiresAt: number): Buffer {
  const dataAt = ID_AT + id.length
  const end = dataAt + data.length
  const bytes = Buffer.alloc(wholePages(end))
  bytes.set(MAGIC)
  bytes.writeUInt32LE(data.length, LENGTH_AT)
  bytes.writeDoubleLE(expiresAt, EXPIRY_AT)
  bytes[ID_LENGTH_AT] = id.length
  bytes.write(id, ID_AT, 'latin1')
  bytes.set(data, dataAt)
  bytes.writeUInt32LE(crc32(bytes.subarray(LENGTH_AT, end)), CHECKSUM_AT)
  return bytes
}

/** What is in the bytes of a whole file. The data is a copy of them. */
export function decodeFile(bytes: Buffer, id: string): FileContent {
  const size = fileSize(bytes, id)
  if (size === undefined) return 'foreign'
  const dataAt = ID_AT + id.length
  const end = dataAt + bytes.readUInt32LE(LENGTH_AT)
  const isWhole =
    bytes.length === size &&
    bytes.readUInt32LE(CHECKSUM_AT) === crc32(bytes.subarray(LENGTH_AT, end)) &&
    bytes[ID_LENGTH_AT] === id.length &&
    bytes.toString('latin1', ID_AT, dataAt) === id &&
    bytes.compare(BLANK_PAGE, 0, size - end, end) === 0
  if (!isWhole) return 'torn'
  const data = Buffer.from(bytes.subarray(dataAt, end))
  return { data, expiresAt: bytes.readDoubleLE(EXPIRY_AT) }
}

/** The size of a file by its first bytes, or `undefined` if it is none of ours. */
export function fileSize(bytes: Buffer, id: string): number | undefined {
  if (bytes.length < ID_AT || bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return undefined
  return wholePages(ID_AT + id.length + bytes.readUInt32LE(LENGTH_AT))
}

function wholePages(length: number): number {
  return Math.ceil(length / PAGE) * PAGE
}
