import type { Socket } from 'node:net'
import { clearTimeout, nextTick, SessionError, setImmediate, setTimeout } from '@sess/core/engine'
import type { MemcacheClient, MemcacheServer } from './memcache-client.ts'
import { ANSWER_MAGIC, type Answer, encodeRequest, opcodes, setNumber, statuses } from './protocol.ts'

/** What a server of memjs has besides what it is documented to have. */
interface ServerState extends MemcacheServer {
  _socket?: Socket | undefined
  responseBuffer: Buffer
}

export interface ConnectionOptions {
  /** How long a server may take to answer, in milliseconds. */
  readonly timeout: number
  /** Whether the client is the engine's own. */
  readonly isOwn: boolean
}

/** Ends two lines: a server that speaks a protocol of lines then answers, and does not wait for more. */
const LINE_ENDS = 0x0d0a0d0a

/** Core must not give a call up, and make the next one, while the connection is still there. */
const EARLY = 0.95

/**
 * The connection of memjs to one server. Requests go out at once, in order, and each only once: not through the
 * client's `perform`, which sends again what has failed.
 *
 * A connection that missed a deadline or was closed by the server is lost, with all that was under way on it. memjs
 * makes another one for the next request; nothing of the lost one may be left for that.
 */
export class Connection {
  readonly #client: MemcacheClient
  readonly #server: ServerState
  readonly #options: ConnectionOptions
  #socket: Socket | undefined
  #isCorked = false
  #pending = 0

  constructor(client: MemcacheClient, server: MemcacheServer, options: ConnectionOptions) {
    this.#client = client
    this.#server = server as ServerState
    this.#options = options
  }

  /** 'host:port' */
  get address(): string {
    const { host, port } = this.#server
    return `${host.includes(':') ? `[${host}]` : host}:${port}`
  }

  /** The answer to a request. @throws ERR_TIMEOUT, or what ended the connection before it came */
  send(request: Buffer): Promise<Answer> {
    return this.#send(request, answer => answer)
  }

  /** What the server tells of itself; nothing if it refuses. */
  stats(name: string): Promise<ReadonlyMap<string, string>> {
    const stats = new Map<string, string>()
    const note = ({ header, key, val }: Answer) => {
      if (header.status !== statuses.ok || header.totalBodyLength === 0) return stats
      stats.set(String(key), String(val))
      return undefined
    }
    return this.#send(encodeRequest(opcodes.stat, name), note, { hasMany: true, number: LINE_ENDS })
  }

  /** Waits for the answers under way; closes the connection if it is the engine's own. */
  async close(): Promise<void> {
    // Servers answer in order, so this answer is the last.
    if (this.#pending > 0) await this.send(encodeRequest(opcodes.noop, '')).catch(() => {})
    if (this.#options.isOwn) this.#drop('ECONNABORTED', 'was closed')
    else this.#socket?.off('end', this.#closed).off('close', this.#closed).off('data', this.#greeted)
  }

  #nextNumber(): number {
    this.#client.incrSeq()
    // memjs counts with a sign, and half of the time below zero.
    return this.#client.seq >>> 0
  }

  /** `take` gives the result once an answer completes it. */
  #send<T>(
    request: Buffer,
    take: (answer: Answer) => T | undefined,
    { hasMany = false, number = this.#nextNumber() } = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      setNumber(request, number)
      const timer = setTimeout(() => {
        const what = `did not answer within ${this.#options.timeout} ms`
        reject(new SessionError('ERR_TIMEOUT', `The memcached server ${this.address} ${what}`))
        this.#drop('ETIMEDOUT', what)
      }, this.#options.timeout * EARLY)
      const settle = () => {
        clearTimeout(timer)
        this.#pending--
      }
      const onAnswer = (answer: Answer) => {
        // While this is set, memjs expects more answers until an empty one.
        onAnswer.quiet = hasMany && answer.header.status === statuses.ok
        const result = take(answer)
        if (result === undefined) return
        settle()
        resolve(result)
      }
      onAnswer.quiet = hasMany
      this.#pending++
      this.#server.onResponse(number, onAnswer)
      this.#server.onError(number, error => {
        settle()
        this.#forget()
        reject(toError(error))
      })
      try {
        this.#cork()
        this.#server.write(request)
        this.#watch()
      } catch (error) {
        this.#server.error(toError(error))
      }
    })
  }

  /**
   * What is asked in one turn of the event loop leaves in one write. To a busy server a write of its own costs more
   * than all else about a request; to an idle one it makes no difference, as the turn ends when nothing is left to do.
   */
  #cork(): void {
    const socket = this.#socket
    if (socket === undefined || this.#isCorked) return
    this.#isCorked = true
    socket.cork()
    setImmediate(() => {
      this.#isCorked = false
      socket.uncork()
    })
  }

  /** Learns of the end of the connection that memjs uses now: by itself it leaves what is under way to wait. */
  #watch(): void {
    const { _socket: socket } = this.#server
    if (socket === this.#socket) return
    this.#forget()
    this.#socket = socket
    if (this.#options.isOwn) socket?.setNoDelay()
    socket?.once('end', this.#closed).once('close', this.#closed).once('data', this.#greeted)
  }

  /** memjs takes any bytes for an answer, and may wait for ever for the end of a text. */
  readonly #greeted = (data: Buffer) => {
    if (data[0] === ANSWER_MAGIC) return
    this.#drop('EPROTO', 'does not speak the binary protocol')
    // memjs gets these bytes, too, after this listener.
    nextTick(() => this.#forget())
  }

  readonly #closed = () => this.#drop('ECONNRESET', 'closed the connection')

  /** Ends the connection, and with an error all that is under way on it. */
  #drop(code: string, what: string): void {
    this.#forget()
    this.#server.error(networkError(code, `The memcached server ${this.address} ${what}`))
  }

  /** Takes care that nothing of a lost connection reaches the next one. */
  #forget(): void {
    const socket = this.#socket
    this.#socket = undefined
    // Late answers, and the end of the old connection that memjs would take for that of the new one.
    socket
      ?.removeAllListeners()
      .on('error', () => {})
      .destroy()
    // Half an answer.
    this.#server.responseBuffer = Buffer.alloc(0)
    // Requests that waited for the log-in, and that memjs would send now.
    this.#server.removeAllListeners('authenticated')
  }
}

function networkError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code })
}

/** memjs throws errors, but for a refused log-in, which is a text. */
function toError(error: unknown): Error {
  return error instanceof Error ? error : networkError('EAUTH', String(error))
}
