import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createServer as createTlsServer } from 'node:tls'
import { Bootstrap, type ServerFacts } from './bootstrap.ts'
import { Bucket } from './buckets.ts'
import { execute } from './commands.ts'
import { Faults, type Misfortune } from './faults.ts'
import { encodeResponse, FrameReader, type Request, type Response } from './frames.ts'
import { Feature, Opcode, Status } from './protocol.ts'
import { QueryService } from './query-service.ts'

export interface DoubleOptions {
  /** Milliseconds since 1970; default the real time. */
  readonly now?: () => number
  /** Whether the cluster has a query service. Default true. */
  readonly query?: boolean
  /** Default any that is free. */
  readonly port?: number
  /** A certificate: the server speaks TLS. */
  readonly tls?: { readonly key: string; readonly cert: string }
}

/** A request for a document that came in, as a test wants to see it. */
export interface Seen extends Request {
  readonly at: number
}

export const USER = 'app'
/** With rights on all buckets. */
export const ADMIN = 'admin'
/** With the role Data Reader, and no other. */
export const READER = 'reader'
/** With the role Data Writer, and no other. */
export const WRITER = 'writer'
export const PASSWORD = 'correct horse/battery@staple'
const BUCKET = 'sessions'

/**
 * A Couchbase Server of one node, as far as a client of the key-value and the query service can tell: it is made
 * for tests, which can move its clock, see what it was asked, and let things go wrong.
 */
export class CouchbaseDouble implements ServerFacts {
  readonly users = new Map([USER, ADMIN, READER, WRITER].map(user => [user, PASSWORD]))
  readonly admins: ReadonlySet<string> = new Set([ADMIN])
  readonly faults = new Faults()
  /** What was asked of the documents so far. */
  readonly seen: Seen[] = []
  readonly sockets = new Set<Socket>()
  readonly #buckets = new Map<string, Bucket>()
  /** Keys of durable writes that are under way. */
  readonly #pending = new Set<string>()
  readonly #options: DoubleOptions
  readonly query: QueryService | undefined
  #server: Server | undefined
  #port = 0
  #externalPort: number | undefined
  #isPaused = false
  #revision = 1
  /** How many connections were ever made. */
  connections = 0

  private constructor(options: DoubleOptions) {
    this.#options = options
    this.#port = options.port ?? 0
    if (options.query !== false) this.query = new QueryService(this)
    this.addBucket(BUCKET)
  }

  static async start(options: DoubleOptions = {}): Promise<CouchbaseDouble> {
    const double = new CouchbaseDouble(options)
    await double.restart()
    return double
  }

  get port(): number {
    return this.#port
  }

  /** Milliseconds since 1970, by the clock that expiry goes by. */
  readonly now = (): number => this.#options.now?.() ?? Date.now()

  /** Where a proxy is in front of this server: the cluster's network `external`. */
  advertise(port: number): void {
    this.#externalPort = port
    this.#revision++
  }

  /** A connection string of the engine's; through the proxy if its port is given. */
  url(parameters = '', port: number = this.#port, as: string = USER): string {
    const scheme = this.#options.tls ? 'couchbases' : 'couchbase'
    const user = `${as}:${encodeURIComponent(PASSWORD)}`
    const network = port === this.#port ? [] : ['network=external']
    const query = [...(parameters ? [parameters] : []), ...network].join('&')
    return `${scheme}://${user}@127.0.0.1:${port}/${BUCKET}${query && `?${query}`}`
  }

  addBucket(name: string): Bucket {
    const bucket = new Bucket(name, this.now)
    this.#buckets.set(name, bucket)
    return bucket
  }

  bucket(name: string = BUCKET): Bucket | undefined {
    return this.#buckets.get(name)
  }

  /** Of the bucket `sessions`. */
  documents(scope?: string, collection?: string): ReturnType<Bucket['documents']> {
    return (this.bucket() as Bucket).documents(scope, collection)
  }

  /** How many requests of documents came in since the last time that somebody asked. */
  takeSeen(): Seen[] {
    return this.seen.splice(0)
  }

  /** Ends every connection, answers nothing more, and lets nobody in. The documents stay. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    // A TLS socket has no reset.
    for (const socket of this.sockets) this.#options.tls ? socket.destroy() : socket.resetAndDestroy()
    await Promise.all([server && closed(server), this.query?.stop()])
  }

  /** Listens again, on the same port. */
  async restart(): Promise<void> {
    const { tls } = this.#options
    const accept = (socket: Socket) => this.#accept(socket)
    this.#server = tls ? createTlsServer(tls, accept) : createServer(accept)
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
    await this.query?.start()
  }

  /** As a firewall that has forgotten what was open: nothing passes there any more; new connections work. */
  forget(): void {
    for (const socket of this.sockets) socket.pause()
  }

  /** Accepts connections and says nothing, until {@link resume}. */
  pause(): void {
    this.#isPaused = true
    for (const socket of this.sockets) socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    for (const socket of this.sockets) socket.resume()
  }

  config(bucket: Bucket | undefined): object {
    const port = this.#port
    const kv = this.#options.tls ? { kvSSL: port } : { kv: port }
    const external = { hostname: '127.0.0.1', ports: { kv: this.#externalPort } }
    const n1ql = this.query && (this.#options.tls ? {} : { n1ql: this.query.port })
    const alternate = this.#externalPort === undefined ? {} : { alternateAddresses: { external } }
    const nodesExt = [{ services: { mgmt: 1, ...kv, ...n1ql }, thisNode: true, ...alternate }]
    const cluster = { rev: this.#revision, revEpoch: 1, nodesExt, clusterCapabilitiesVer: [1, 0] }
    if (bucket === undefined) return cluster
    const serverList = [`$HOST:${port}`]
    const vBucketMap = Array.from({ length: 64 }, () => [0])
    return {
      ...cluster,
      name: bucket.name,
      uuid: '00000000000000000000000000000001',
      nodeLocator: 'vbucket',
      bucketCapabilities: ['collections', 'durableWrite', 'cccp', 'nodesExt', 'xattr', 'preserveExpiry'],
      vBucketServerMap: { hashAlgorithm: 'CRC', numReplicas: 0, serverList, vBucketMap },
    }
  }

  #accept(socket: Socket): void {
    this.connections++
    this.sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    if (this.#isPaused) socket.pause()
    const bootstrap = new Bootstrap(this)
    const reader = new FrameReader()
    socket.on('data', chunk => {
      try {
        for (const request of reader.read(chunk)) void this.#serve(socket, bootstrap, request)
      } catch {
        socket.destroy()
      }
    })
  }

  async #serve(socket: Socket, bootstrap: Bootstrap, request: Request): Promise<void> {
    const misfortune = this.faults.next(request)
    const response = this.#respond(bootstrap, request, misfortune)
    if (misfortune && 'delay' in misfortune) await sleep(misfortune.delay)
    if (misfortune && 'hangUp' in misfortune) socket.destroy()
    if (socket.destroyed || (misfortune && 'silence' in misfortune)) return
    socket.write(encodeResponse(request, response))
  }

  #respond(bootstrap: Bootstrap, request: Request, misfortune: Misfortune | undefined): Response {
    const early = bootstrap.answer(request)
    if (early) return early
    if (request.opcode !== Opcode.getCollectionId) this.seen.push({ ...request, at: Date.now() })
    const isForbidden = isMutation(request) ? bootstrap.user === READER : bootstrap.user === WRITER
    if (isForbidden && request.opcode !== Opcode.getCollectionId) return { status: Status.noAccess }
    if (misfortune && 'refuse' in misfortune) return { status: misfortune.refuse }
    if (isMutation(request) && this.#pending.has(String(request.key)))
      return { status: Status.syncWriteInProgress }
    const isLost = misfortune && ('silence' in misfortune || 'hangUp' in misfortune)
    if (isLost && Object.values(misfortune).includes('before')) return { status: Status.success }
    const run = () => execute(bootstrap.bucket as Bucket, request, bootstrap.supports(Feature.collections))
    if (misfortune && 'pending' in misfortune) return this.#runLater(request, run, misfortune.pending)
    const response = run()
    return misfortune && 'misreport' in misfortune ? { status: misfortune.misreport } : response
  }

  #runLater(request: Request, run: () => unknown, milliseconds: number): Response {
    const key = String(request.key)
    this.#pending.add(key)
    setTimeout(() => {
      this.#pending.delete(key)
      run()
    }, milliseconds)
    return { status: Status.syncWriteAmbiguous }
  }
}

const mutations: readonly number[] = [
  Opcode.insert,
  Opcode.replace,
  Opcode.upsert,
  Opcode.remove,
  Opcode.touch,
  Opcode.getAndTouch,
]

function isMutation({ opcode }: Request): boolean {
  return mutations.includes(opcode)
}

async function closed(server: Server): Promise<void> {
  server.close()
  if (server.listening) await once(server, 'close')
}
