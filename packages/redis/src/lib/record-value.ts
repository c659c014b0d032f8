/*
 * What is stored under a key:
 *
 *   mark    2  tells our values from those of others: no text begins with these bytes
 *   expiry  6  when the record ends, whole milliseconds since 1970, big endian
 *   data       starts with its revision of 8 bytes
 */
const MARK = 0x8e73
const MARK_BYTES = 2
const LATEST = 2 ** 48 - 1

/** Bytes before the data. */
export const EXPIRY_BYTES = 8

/** The mark in a script, which is in a string of Lua. */
export const LUA_MARK: string = String.raw`\142s`

export function recordValue(data: Uint8Array, expiresAt: number): Buffer {
  return Buffer.concat([expiryBytes(expiresAt), data])
}

/** What a value begins with. */
export function expiryBytes(expiresAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(EXPIRY_BYTES)
  bytes.writeUInt16BE(MARK)
  bytes.writeUIntBE(Math.min(Math.max(Math.ceil(expiresAt), 0), LATEST), MARK_BYTES, 6)
  return bytes
}

/** When the record ends whose value begins like that; `undefined` if it is not ours. */
export function expiryOf(value: Buffer): number | undefined {
  if (value.length < EXPIRY_BYTES || value.readUInt16BE(0) !== MARK) return undefined
  return value.readUIntBE(MARK_BYTES, 6)
}
