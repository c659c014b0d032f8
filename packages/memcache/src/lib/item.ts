import { type Clock, systemTime } from '@sess/core/engine'

/** A session as memcached holds it. */
export interface Item {
  readonly expiresAt: number
  readonly data: Uint8Array
}

/** Before the data: its `expiresAt`, as a number of 8 bytes. */
const EXPIRY_BYTES = 8

/** What memcached needs for an item besides its key and its value: header, CAS, and two ends. */
const ITEM_BYTES = 48 + 8 + 1 + 2

/** What memcached before 1.6 writes into an item besides, at most. */
const SUFFIX_BYTES = 16

/** How long an item may live at most for the server to count from now, in seconds. */
const MAX_RELATIVE = 30 * 24 * 3600

/** How far the clocks of this machine and of the servers may be apart, in seconds. */
const CLOCK_DIFFERENCE = 24 * 3600

const MAX_UINT32 = 0xffff_ffff

export function encodeExpiry(expiresAt: number): Buffer {
  const bytes = Buffer.allocUnsafe(EXPIRY_BYTES)
  bytes.writeDoubleBE(expiresAt)
  return bytes
}

/** What was not written by this engine has expired. */
export function decodeItem(value: Buffer): Item {
  const isOurs = value.length >= EXPIRY_BYTES
  return { expiresAt: isOurs ? value.readDoubleBE() : 0, data: value.subarray(EXPIRY_BYTES) }
}

/** The most data that fits into an item of that size. */
export function maxDataBytes(itemBytes: number, keyBytes: number): number {
  return itemBytes - ITEM_BYTES - SUFFIX_BYTES - keyBytes - EXPIRY_BYTES
}

/** When memcached may drop an item: the extras of a write. Never early. */
export function encodeNativeExpiry(expiresAt: number, clock: Clock): Buffer {
  const extras = Buffer.alloc(8)
  extras.writeUInt32BE(nativeExpiry(expiresAt, clock), 4)
  return extras
}

function nativeExpiry(expiresAt: number, clock: Clock): number {
  // One more, because the server's clock ticks once a second.
  const seconds = Math.max(Math.ceil((expiresAt - clock.now()) / 1000), 0) + 1
  if (seconds <= MAX_RELATIVE) return seconds
  // More than that memcached takes for a date by its own clock. 0 is never.
  const now = systemTime() / 1000
  const date = Math.ceil(now + seconds + CLOCK_DIFFERENCE)
  return date <= MAX_UINT32 ? date : 0
}
