import { FrameInfo, MAX_PACKET, Magic } from './protocol.ts'

const HEADER_BYTES = 24

/** A request as it came over the wire. */
export interface Request {
  readonly opcode: number
  readonly datatype: number
  readonly vbucket: number
  readonly opaque: number
  readonly cas: bigint
  readonly extras: Buffer
  /** With the collection's id in front where collections are negotiated. */
  readonly key: Buffer
  readonly value: Buffer
  /** 0 for none. */
  readonly durability: number
  readonly preservesExpiry: boolean
}

export interface Response {
  readonly status: number
  readonly datatype?: number
  readonly cas?: bigint
  readonly extras?: Buffer
  readonly key?: Buffer
  readonly value?: Buffer
}

/** Cuts a stream into requests. Throws at what no server would read on after. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0
  /** How many bytes there have to be before it is worth looking. */
  #wanted = HEADER_BYTES

  read(chunk: Buffer): Request[] {
    this.#chunks.push(chunk)
    this.#length += chunk.length
    if (this.#length < this.#wanted) return []
    let rest = Buffer.concat(this.#chunks)
    const requests: Request[] = []
    for (;;) {
      this.#wanted = HEADER_BYTES
      if (rest.length < this.#wanted) break
      const bodyLength = rest.readUInt32BE(8)
      if (bodyLength > MAX_PACKET) throw new Error(`a packet of ${bodyLength} bytes`)
      this.#wanted += bodyLength
      if (rest.length < this.#wanted) break
      requests.push(decodeRequest(rest.subarray(0, this.#wanted)))
      rest = rest.subarray(this.#wanted)
    }
    this.#chunks = [rest]
    this.#length = rest.length
    return requests
  }
}

function decodeRequest(frame: Buffer): Request {
  const magic = frame[0] as number
  if (magic !== Magic.request && magic !== Magic.flexRequest)
    throw new Error(`magic 0x${magic.toString(16)} is no request`)
  const isFlex = magic === Magic.flexRequest
  const framingLength = isFlex ? (frame[2] as number) : 0
  const keyLength = isFlex ? (frame[3] as number) : frame.readUInt16BE(2)
  const framingEnd = HEADER_BYTES + framingLength
  const extrasEnd = framingEnd + (frame[4] as number)
  const keyEnd = extrasEnd + keyLength
  if (keyEnd > frame.length) throw new Error('lengths that do not fit')
  return {
    opcode: frame[1] as number,
    datatype: frame[5] as number,
    vbucket: frame.readUInt16BE(6),
    opaque: frame.readUInt32BE(12),
    cas: frame.readBigUInt64BE(16),
    extras: frame.subarray(framingEnd, extrasEnd),
    key: frame.subarray(extrasEnd, keyEnd),
    value: frame.subarray(keyEnd),
    ...decodeFraming(frame.subarray(HEADER_BYTES, framingEnd)),
  }
}

function decodeFraming(framing: Buffer): { durability: number; preservesExpiry: boolean } {
  let durability = 0
  let preservesExpiry = false
  for (let at = 0; at < framing.length; ) {
    const byte = framing[at] as number
    const [id, length] = [byte >> 4, byte & 0x0f]
    if (id === FrameInfo.durability) durability = framing[at + 1] as number
    if (id === FrameInfo.preserveExpiry) preservesExpiry = true
    at += 1 + length
  }
  return { durability, preservesExpiry }
}

export function encodeResponse(request: { opcode: number; opaque: number }, response: Response): Buffer {
  const { status, datatype = 0, cas = 0n } = response
  const parts = [response.extras, response.key, response.value].map(part => part ?? Buffer.alloc(0))
  const [extras, key, value] = parts as [Buffer, Buffer, Buffer]
  const header = Buffer.alloc(HEADER_BYTES)
  header[0] = Magic.response
  header[1] = request.opcode
  header.writeUInt16BE(key.length, 2)
  header[4] = extras.length
  header[5] = datatype
  header.writeUInt16BE(status, 6)
  header.writeUInt32BE(extras.length + key.length + value.length, 8)
  header.writeUInt32BE(request.opaque, 12)
  header.writeBigUInt64BE(cas, 16)
  return Buffer.concat([header, extras, key, value])
}

/** The number in front of `bytes`, in unsigned LEB128, and what follows it. */
export function readLeb128(bytes: Buffer): { value: number; rest: Buffer } {
  let value = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) return { value, rest: bytes.subarray(i + 1) }
  }
  throw new Error('a key without the id of its collection')
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
