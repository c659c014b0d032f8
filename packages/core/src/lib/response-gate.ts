import type { EventEmitter } from 'node:events'
import type { OutgoingHttpHeader, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { type Awaitable, isPromise } from './awaitable.ts'
import { SessionError } from './errors.ts'
import { readyForProperties } from './own-properties.ts'

export type NodeResponse = ServerResponse | Http2ServerResponse

/** What the gate asks and tells. */
export interface GateKeeper {
  /** Whether the headers have to wait. */
  mustHold(): boolean
  /** What they wait for, if it is not over at once. If it fails, `onFailure` answers in place of what was held. */
  settle(): Awaitable<void>
  /** Answers, at once or later. */
  onFailure(error: unknown): unknown
  /** The last moment to set headers. Given those of `writeHead`, it says what to call it with. */
  beforeHeaders(writeHead?: unknown[]): unknown[]
}

type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
type AnyMethod = (...args: unknown[]) => unknown

interface Call {
  method: Method
  args: unknown[]
}

/** What Node calls of a response that is ended or written without a head. */
interface ImplicitHead {
  _implicitHeader(): void
}

/** What leaves before the body. */
interface Head {
  status: number
  message: string | undefined
  headers: Record<string, OutgoingHttpHeader | undefined>
}

/**
 * Stands in front of a response's methods that send headers. When the headers have to wait for a save, it
 * keeps the calls and makes them afterwards, in order; else it steps aside at the first one.
 */
export class ResponseGate {
  readonly #response: NodeResponse
  readonly #keeper: GateKeeper
  readonly #originals: Record<Method, AnyMethod>
  #held: Call[] | undefined
  /** Of 'drain', where somebody has replaced the response's `on`. */
  readonly #waiters: AnyMethod[] = []
  /** The head as it was when the handler ended the response. */
  #endedHead: Head | undefined
  #isOpen = false
  #hasFailed = false
  /** The failure is answered: what the handler still says is not heard. */
  #isOver = false

  constructor(response: NodeResponse, keeper: GateKeeper) {
    this.#response = response
    this.#keeper = keeper
    readyForProperties(response, 'sendDate')
    const target = response as unknown as Record<Method, AnyMethod>
    // One by one: a loop over their names costs every request several times as much.
    this.#originals = {
      writeHead: target.writeHead,
      write: target.write,
      end: target.end,
      flushHeaders: target.flushHeaders,
    }
    target.writeHead = (...args) => this.#call('writeHead', args)
    target.write = (...args) => this.#call('write', args)
    target.end = (...args) => this.#call('end', args)
    target.flushHeaders = (...args) => this.#call('flushHeaders', args)
    if (Object.hasOwn(response, 'on')) this.#rememberWaiters(response as EventEmitter)
    if ('_implicitHeader' in response) this.#guardImplicitHead(response as unknown as ImplicitHead)
  }

  /**
   * `res.end(await f())` looks `end` up before `f` starts the session, and so goes past the gate. Node's own `end`
   * then asks for the head, which cannot wait there.
   */
  #guardImplicitHead(response: ImplicitHead): void {
    const { _implicitHeader } = response
    response._implicitHeader = () => {
      if (!this.#isOpen && this.#keeper.mustHold())
        throw new SessionError(
          'ERR_HEADERS_SENT',
          'The response was begun by a method that was looked up before its session was started: start the session in a statement of its own, before res.end(…)',
        )
      _implicitHeader.call(response)
    }
  }

  /**
   * Middleware that replaces `on`, as compression does, keeps those who wait for 'drain' for its own stream: no event
   * of the response reaches them.
   */
  #rememberWaiters(response: EventEmitter): void {
    const { on } = response
    response.on = (event, listener) => {
      if (event === 'drain' && !this.#isOpen) this.#waiters.push(listener)
      return on.call(response, event, listener)
    }
  }

  /** Whether the headers have left. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Somebody else answers a failure: what comes after that, as from a stream that goes on, is not heard. */
  abandon(): void {
    this.#hasFailed = true
  }

  #call(method: Method, args: unknown[]): unknown {
    // Not before the headers are gone: what is below calls writeHead and write of its own accord.
    if (this.#isOver && this.#response.headersSent) return this.#ignore({ method, args }, ended())
    if (this.#isOpen) return this.#forward(method, args)
    if (this.#hasFailed || (this.#held === undefined && !this.#keeper.mustHold()))
      return this.#open(method, args)
    // Error handlers of frameworks see that no headers have left, and answer once more.
    if (this.#endedHead) return this.#ignore({ method, args }, ended())
    // Whoever goes by `headersSent`, as compression does, writes the head again. The first one counts.
    if (method === 'writeHead' && this.#held?.length) return this.#response
    if (this.#held === undefined) {
      const settling = this.#settle()
      if (!isPromise(settling)) return this.#open(method, args)
      this.#held = []
      void this.#wait(this.#held, settling)
    }
    this.#held.push({ method, args })
    if (method === 'end') this.#endedHead = headOf(this.#response)
    // As a stream with a full buffer, so that a pipe waits for 'drain' in place of filling the memory.
    return method === 'write' ? false : this.#response
  }

  /** The first call that sends headers, and the last moment to set some. */
  #open(method: Method, args: unknown[]): unknown {
    this.#isOpen = true
    try {
      if (method === 'writeHead') return this.#forward(method, this.#keeper.beforeHeaders(args))
      this.#keeper.beforeHeaders()
      return this.#forward(method, args)
    } catch (error) {
      // Refused, e.g. for a bad status: nothing has left, and the handler may do better.
      if (!this.#response.headersSent) this.#isOpen = false
      throw error
    }
  }

  #settle(): Awaitable<void> {
    try {
      return this.#keeper.settle()
    } catch (error) {
      // Not answered at once: the handler is not done with the response.
      return Promise.reject(error)
    }
  }

  async #wait(held: Call[], settling: PromiseLike<void>): Promise<void> {
    try {
      await settling
      // The handler may go on changing the session while its first changes are saved.
      while (this.#keeper.mustHold()) await this.#keeper.settle()
      if (this.#endedHead) setHead(this.#response, this.#endedHead)
      let isDrained = false
      for (let call = held.shift(); call; call = held.shift()) {
        const { method, args } = call
        const result = this.#isOpen ? this.#forward(method, args) : this.#open(method, args)
        if (method === 'write') isDrained = result !== false
      }
      // Not from here: what a listener throws is not ours to answer.
      if (isDrained && !this.#endedHead) process.nextTick(() => this.#wake())
    } catch (error) {
      this.#fail(error, held)
    }
  }

  #wake(): void {
    const response = this.#response as EventEmitter
    const reached = response.listeners('drain')
    response.emit('drain')
    for (const listener of this.#waiters) if (!reached.includes(listener)) listener.call(response)
  }

  #fail(error: unknown, held: Call[]): void {
    this.#hasFailed = true
    const giveUp = (reason: unknown): void => {
      // Half a response, or no answer to the failure: cut off is better than hanging.
      this.#response.destroy(reason as Error)
    }
    try {
      if (this.#response.headersSent) throw error
      const answer = this.#keeper.onFailure(error)
      Promise.resolve(answer).catch(giveUp)
    } catch (reason) {
      giveUp(reason)
    }
    for (const call of held) this.#ignore(call, error)
  }

  /** Nobody who waits for a call that is not made waits for ever. */
  #ignore({ method, args }: Call, error: unknown): unknown {
    const callback = args.at(-1)
    if (typeof callback === 'function') {
      if (method === 'end' && !this.#response.writableFinished)
        this.#response.once('finish', callback as () => void)
      else process.nextTick(callback as AnyMethod, error)
    }
    return method === 'write' ? false : this.#response
  }

  #forward(method: Method, args: unknown[]): unknown {
    const result = this.#originals[method].apply(this.#response, args)
    if (this.#hasFailed && method === 'end') this.#isOver = true
    return result
  }
}

function ended(): Error {
  return Object.assign(new Error('The response has ended'), { code: 'ERR_STREAM_WRITE_AFTER_END' })
}

function headOf(response: NodeResponse): Head {
  // HTTP/2 has no message, and warns whoever asks for it.
  const message = 'stream' in response ? undefined : response.statusMessage
  return { status: response.statusCode, message, headers: response.getHeaders() }
}

function setHead(response: NodeResponse, { status, message, headers }: Head): void {
  response.statusCode = status
  if (message !== undefined) response.statusMessage = message
  for (const name of response.getHeaderNames()) if (!(name in headers)) response.removeHeader(name)
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && response.getHeader(name) !== value) response.setHeader(name, value)
}
