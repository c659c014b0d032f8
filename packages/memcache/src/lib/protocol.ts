/* The part of memcached's binary protocol that the engine speaks and memjs does not: compare-and-swap. */

/** Bytes before the extras, the key and the value. */
const HEADER_BYTES = 24

/** Where a request has the number that its answer bears. */
const OPAQUE_OFFSET = 12

/** What every answer begins with. */
export const ANSWER_MAGIC = 0x81

export const opcodes = {
  get: 0x00,
  add: 0x02,
  replace: 0x03,
  delete: 0x04,
  noop: 0x0a,
  stat: 0x10,
} as const

export type Opcode = (typeof opcodes)[keyof typeof opcodes]

export const statuses = {
  ok: 0x00,
  missing: 0x01,
  exists: 0x02,
  tooLarge: 0x03,
  notStored: 0x05,
  denied: 0x24,
  unknownCommand: 0x81,
  notSupported: 0x83,
} as const

const names: Record<number, string> = {
  4: 'invalid arguments',
  129: 'unknown command',
  130: 'out of memory',
  131: 'not supported',
  132: 'internal error',
  133: 'busy',
  134: 'temporary failure',
}

/** What a server answers, as memjs has parsed it. */
export interface Answer {
  readonly header: {
    readonly status: number
    readonly totalBodyLength: number
    /** What tells one write of an item from every other write of it. */
    readonly cas: Buffer
  }
  readonly key: Buffer
  readonly val: Buffer
}

/** What a request has besides its opcode and its key. */
export interface RequestParts {
  /** Of the write that has to be the last one; with 0 whichever is. */
  readonly cas?: bigint
  readonly extras?: Uint8Array
  /** Written one after the other. */
  readonly value?: readonly Uint8Array[]
}

/** A request, all but the number that its connection gives it. */
export function encodeRequest(
  opcode: Opcode,
  key: string,
  { cas = 0n, extras, value = [] }: RequestParts = {},
): Buffer {
  const extrasLength = extras?.length ?? 0
  const bodyLength = value.reduce((sum, part) => sum + part.length, extrasLength + key.length)
  const request = Buffer.allocUnsafe(HEADER_BYTES + bodyLength)
  request.writeUInt8(0x80, 0)
  request.writeUInt8(opcode, 1)
  request.writeUInt16BE(key.length, 2)
  request.writeUInt32BE(extrasLength << 24, 4)
  request.writeUInt32BE(bodyLength, 8)
  request.writeUInt32BE(0, OPAQUE_OFFSET)
  request.writeBigUInt64BE(cas, 16)
  if (extras) request.set(extras, HEADER_BYTES)
  let offset = HEADER_BYTES + extrasLength
  offset += request.write(key, offset, 'latin1')
  for (const part of value) {
    request.set(part, offset)
    offset += part.length
  }
  return request
}

export function setNumber(request: Buffer, number: number): void {
  request.writeUInt32BE(number, OPAQUE_OFFSET)
}

/** An answer that nobody has asked for. */
export function unexpected({ header: { status } }: Answer): Error {
  const code = `0x${status.toString(16).padStart(4, '0')}`
  const name = names[status]
  return Object.assign(new Error(`memcached answered ${code}${name ? `: ${name}` : ''}`), { code })
}
