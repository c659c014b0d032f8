import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { PASSWORD, USER } from './couchbase-double.ts'
import { uint32 } from './frames.ts'
import { Feature, Magic, Opcode } from './protocol.ts'

export interface RawRequest {
  readonly key?: string
  readonly value?: string | Buffer
  readonly extras?: Buffer
  readonly cas?: bigint
  readonly datatype?: number
  readonly framing?: Buffer
  /** Of the collection; 0 is the default one. */
  readonly collection?: number
}

export interface RawResponse {
  readonly status: number
  readonly cas: bigint
  readonly datatype: number
  readonly extras: Buffer
  readonly value: Buffer
  readonly opaque: number
}

/** Flags and expiry, as writes carry them. */
export const extrasOf = (flags: number, expiry = 0): Buffer => Buffer.concat([uint32(flags), uint32(expiry)])

/** A client that speaks in frames, to see what a server says to each. */
export class RawClient {
  readonly #socket: Socket
  #rest = Buffer.alloc(0)
  #opaque = 0
  #hasCollections = false
  readonly #waiting = new Map<number, { resolve(response: RawResponse): void; reject(error: Error): void }>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => {})
    socket.on('data', chunk => this.#receive(chunk))
    socket.on('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('hung up'))
    })
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  /** Says hello, logs in and opens the bucket. */
  static async open(port: number, bucket = 'sessions'): Promise<RawClient> {
    const client = await RawClient.connect(port)
    await client.hello()
    await client.logIn(PASSWORD)
    await client.send(Opcode.selectBucket, { key: bucket })
    return client
  }

  async hello(features: readonly number[] = Object.values(Feature)): Promise<RawResponse> {
    const value = Buffer.alloc(features.length * 2)
    features.forEach((feature, i) => void value.writeUInt16BE(feature, i * 2))
    const response = await this.send(Opcode.hello, { key: 'raw', value })
    this.#hasCollections = response.value.includes(Buffer.from([0, Feature.collections]))
    return response
  }

  logIn(password: string): Promise<RawResponse> {
    return this.send(Opcode.saslAuth, { key: 'PLAIN', value: `\0${USER}\0${password}` })
  }

  send(opcode: number, request: RawRequest = {}): Promise<RawResponse> {
    const opaque = ++this.#opaque
    this.#socket.write(this.#encode(opcode, opaque, request))
    return new Promise((resolve, reject) => {
      this.#waiting.set(opaque, { resolve, reject })
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #encode(opcode: number, opaque: number, request: RawRequest): Buffer {
    const { framing = Buffer.alloc(0), extras = Buffer.alloc(0), cas = 0n, datatype = 0 } = request
    const isOfDocument = this.#hasCollections && request.extras !== undefined
    const prefix = isOfDocument ? Buffer.from([request.collection ?? 0]) : Buffer.alloc(0)
    const key = Buffer.concat([prefix, Buffer.from(request.key ?? '')])
    const body = Buffer.concat([framing, extras, key, Buffer.from(request.value ?? '')])
    const header = Buffer.alloc(24)
    header[0] = framing.length > 0 ? Magic.flexRequest : Magic.request
    header[1] = opcode
    if (framing.length > 0) header.set([framing.length, key.length], 2)
    else header.writeUInt16BE(key.length, 2)
    header[4] = extras.length
    header[5] = datatype
    header.writeUInt32BE(body.length, 8)
    header.writeUInt32BE(opaque, 12)
    header.writeBigUInt64BE(cas, 16)
    return Buffer.concat([header, body])
  }

  #receive(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 24) {
      const length = 24 + this.#rest.readUInt32BE(8)
      if (this.#rest.length < length) return
      const frame = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      const extrasEnd = 24 + (frame[4] as number)
      const opaque = frame.readUInt32BE(12)
      this.#waiting.get(opaque)?.resolve({
        status: frame.readUInt16BE(6),
        cas: frame.readBigUInt64BE(16),
        datatype: frame[5] as number,
        extras: frame.subarray(24, extrasEnd),
        value: frame.subarray(extrasEnd + frame.readUInt16BE(2)),
        opaque,
      })
      this.#waiting.delete(opaque)
    }
  }
}
