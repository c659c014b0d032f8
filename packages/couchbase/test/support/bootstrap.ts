import type { Bucket } from './buckets.ts'
import type { Request, Response } from './frames.ts'
import { Feature, Opcode, Status } from './protocol.ts'
import { MECHANISMS, SaslServer } from './sasl.ts'

/** What a connection has to know of its server. */
export interface ServerFacts {
  readonly users: ReadonlyMap<string, string>
  /** Users with rights on all buckets. */
  readonly admins: ReadonlySet<string>
  bucket(name: string): Bucket | undefined
  /** The configuration of the cluster, of a bucket's nodes with one. */
  config(bucket: Bucket | undefined): object
}

const features = new Set<number>(Object.values(Feature))

/** How far a connection has come: what was agreed, who is there, which bucket is open. */
export class Bootstrap {
  readonly #server: ServerFacts
  readonly #sasl: SaslServer
  readonly #features = new Set<number>()
  #user: string | undefined
  #bucket: Bucket | undefined

  constructor(server: ServerFacts) {
    this.#server = server
    this.#sasl = new SaslServer(user => server.users.get(user))
  }

  get user(): string | undefined {
    return this.#user
  }

  get bucket(): Bucket | undefined {
    return this.#bucket
  }

  supports(feature: number): boolean {
    return this.#features.has(feature)
  }

  /** The answer to a command of the bootstrap; `undefined` if it is none, and may go on to the documents. */
  answer(request: Request): Response | undefined {
    switch (request.opcode) {
      case Opcode.hello:
        return this.#hello(request.value)
      case Opcode.saslListMechs:
        return { status: Status.success, value: Buffer.from(MECHANISMS.join(' ')) }
      case Opcode.saslAuth:
        return this.#authenticated(this.#sasl.start(request.key.toString(), request.value))
      case Opcode.saslStep:
        return this.#authenticated(this.#sasl.step(request.value))
    }
    if (this.#user === undefined) return { status: Status.noAccess }
    switch (request.opcode) {
      case Opcode.selectBucket:
        return this.#selectBucket(request.key.toString())
      case Opcode.getClusterConfig:
        return this.#config()
      case Opcode.noop:
        return { status: Status.success }
    }
    return this.#bucket === undefined ? { status: Status.noBucket } : undefined
  }

  #hello(asked: Buffer): Response {
    this.#features.clear()
    for (let at = 0; at + 1 < asked.length; at += 2) {
      const feature = asked.readUInt16BE(at)
      if (features.has(feature)) this.#features.add(feature)
    }
    const value = Buffer.alloc(this.#features.size * 2)
    let at = 0
    for (const feature of this.#features) at = value.writeUInt16BE(feature, at)
    return { status: Status.success, value }
  }

  #authenticated(answer: ReturnType<SaslServer['step']>): Response {
    if (answer.kind === 'failure') return { status: Status.authError }
    if (answer.kind === 'success') this.#user = answer.user
    const status = answer.kind === 'success' ? Status.success : Status.authContinue
    return { status, value: answer.data }
  }

  /** A user hears of no bucket but those that are his; in the double, every one that there is. */
  #selectBucket(name: string): Response {
    const bucket = this.#server.bucket(name)
    if (bucket === undefined) {
      const mayOpenAll = this.#user !== undefined && this.#server.admins.has(this.#user)
      return { status: mayOpenAll ? Status.notFound : Status.noAccess }
    }
    this.#bucket = bucket
    return { status: Status.success }
  }

  #config(): Response {
    const value = Buffer.from(JSON.stringify(this.#server.config(this.#bucket)))
    return { status: Status.success, datatype: 1, value }
  }
}
