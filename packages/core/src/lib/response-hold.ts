import type { Http2ServerResponse } from 'node:http2'
import { type Awaitable, isPromise } from './awaitable.ts'
import { SessionError } from './errors.ts'
import { FailureAnswer } from './failure-answer.ts'
import { HeldResponse } from './held-response.ts'
import { hasEndedItself, holdStreamEnd } from './http2-end.ts'
import {
  type AnyMethod,
  beginThroughOthers,
  type Call,
  checkChunk,
  type ImplicitHead,
  isClosed,
  isHttp2,
  isRefusedLate,
  type NodeResponse,
  type SendMethod,
  writeAfterEndError,
} from './node-response.ts'
import { readyForProperties } from './own-properties.ts'
import { ResponseFeed } from './response-feed.ts'
import type { ResponseHeaders } from './response-headers.ts'
import { nextTick } from './timers.ts'

/**
 * How far a response is. `passing`: nothing is sent and nothing waits. `holding`: the handler has begun the response,
 * and the response waits for the save. `open`: the head has left. `failed`: the save failed, what the handler had begun
 * is dropped, and an error handler may answer. `answered`: an error handler has ended the response.
 */
type State = 'passing' | 'holding' | 'open' | 'failed' | 'answered'

/**
 * The owner of a Node response: holds the response back until the session is saved, and is the only keeper of a save's
 * failure. While it holds, the response looks as the handler made it: `headersSent` is true, and so on.
 */
export class ResponseHold {
  readonly #response: NodeResponse
  readonly #headers: ResponseHeaders
  readonly #answer: (error: unknown) => unknown
  /** The response's methods as they were before this object replaced them. */
  readonly #natives: Record<SendMethod, AnyMethod>
  readonly #writeHead: AnyMethod
  #save: (() => Awaitable<void>) | undefined
  #state: State = 'passing'
  #held: HeldResponse | undefined
  readonly #feed: ResponseFeed
  #isAnsweredElsewhere = false
  #failure: FailureAnswer | undefined

  /** `answer` answers a save that failed, at once or later. */
  constructor(response: NodeResponse, headers: ResponseHeaders, answer: (error: unknown) => unknown) {
    this.#response = response
    this.#headers = headers
    this.#answer = answer
    readyForProperties(response, 'sendDate')
    const target = response as unknown as Record<SendMethod, AnyMethod>
    // One by one: a loop over their names costs every request several times as much.
    this.#natives = {
      writeHead: target.writeHead,
      write: target.write,
      end: target.end,
      flushHeaders: target.flushHeaders,
    }
    this.#writeHead = (...args) => this.#call('writeHead', args)
    target.writeHead = this.#writeHead
    target.write = (...args) => this.#call('write', args)
    target.end = (...args) => this.#call('end', args)
    target.flushHeaders = (...args) => this.#call('flushHeaders', args)
    this.#feed = new ResponseFeed(response, () => this.#state !== 'open')
    if ('_implicitHeader' in response) this.#guardImplicitHead(response as ImplicitHead)
  }

  /** From now on the response waits for `save`, which gives a promise if there is something to wait for. */
  begin(save: () => Awaitable<void>): void {
    this.#save = save
    this.#feed.watch()
  }

  /** Whether the head has left. What is held has not. */
  get headersSent(): boolean {
    return this.#state === 'open' || (this.#state !== 'holding' && this.#response.headersSent)
  }

  get #isHolding(): boolean {
    return this.#state === 'holding'
  }

  /** Whether a save has failed. Nothing is saved behind the answer to that failure. */
  get hasFailed(): boolean {
    return this.#state === 'failed' || this.#state === 'answered'
  }

  /** Leaves the answer to a failure to a framework, which waits for the save and calls {@link fail}. */
  leaveAnswer(): void {
    this.#isAnsweredElsewhere = true
  }

  /** The save failed: un-begins the response, for an answer to the failure. */
  fail(): void {
    if (this.#state !== 'passing' && this.#state !== 'holding') return
    const isHandlerDone = this.#isAnsweredElsewhere || this.#held?.isEnded === true
    this.#failure = new FailureAnswer(isHandlerDone, () => this.#headers.isBegunAnew)
    this.#state = 'failed'
    this.#held?.stop()
    if (!this.#response.headersSent) this.#headers.drop()
  }

  #call(method: SendMethod, args: unknown[]): unknown {
    switch (this.#state) {
      case 'open':
        return this.#forward(method, args)
      case 'passing':
        return this.#begin(method, args)
      case 'holding':
        return this.#hold(method, args)
      default:
        return this.#callAfterFailure(this.#failure as FailureAnswer, { method, args })
    }
  }

  #begin(method: SendMethod, args: unknown[]): unknown {
    const saving = this.#watched(this.#startSave())
    // What is written to a closed connection goes nowhere, and begins nothing.
    if (!isPromise(saving) || isClosed(this.#response)) return this.#open(method, args)
    const call = { method, args }
    beginThroughOthers(this.#response, this.#writeHead, call)
    if (this.#isHolding) return this.#hold(method, args)
    const first: Call = isRefusedLate(this.#response, call) ? { method: 'flushHeaders', args: [] } : call
    // Throws where Node would have refused this call, too.
    this.#held = new HeldResponse(this.#response, this.#headers, first)
    this.#state = 'holding'
    void this.#wait(saving)
    if (method === 'writeHead' && hasEndedItself(this.#response)) this.#holdNativeEnd(this.#response)
    if (first !== call) this.#held.add(call)
    return method === 'write' ? false : this.#response
  }

  #startSave(): Awaitable<void> {
    try {
      return this.#save?.()
    } catch (error) {
      // Not answered at once: the handler is not done with the response.
      return Promise.reject(error)
    }
  }

  #hold(method: SendMethod, args: unknown[]): unknown {
    const held = this.#held as HeldResponse
    if (method === 'writeHead' && !held.isEnded && hasEndedItself(this.#response)) {
      this.#holdNativeEnd(this.#response)
      return this.#response
    }
    if (held.isEnded && method !== 'writeHead') {
      // HTTP/1 looks at the chunk first.
      if (method === 'write' && !isHttp2(this.#response)) checkChunk({ method, args })
      this.#ignore({ method, args }, writeAfterEndError())
      return method === 'write' ? false : this.#response
    }
    held.add({ method, args })
    // As a stream with a full buffer, so that a pipe waits for 'drain' instead of filling the memory.
    return method === 'write' ? false : this.#response
  }

  /** HTTP/2's own `end` runs, which was looked up before the session was started: its end of the stream waits, too. */
  #holdNativeEnd(response: Http2ServerResponse): void {
    Object.assign(this.#natives, holdStreamEnd(response, this.#natives))
    this.#held?.add({ method: 'end', args: [] })
  }

  /** The first call that sends headers, and the last moment to set some. */
  #open(method: SendMethod, args: unknown[]): unknown {
    const before = this.#state
    this.#state = 'open'
    try {
      return this.#forward(method, args)
    } catch (error) {
      // Refused, e.g. for a bad status: nothing has left, and the handler may do better.
      if (!this.#response.headersSent) this.#state = before
      throw error
    }
  }

  /** Calls the response's own method, with the session's lines among the headers. */
  #forward(method: SendMethod, args: unknown[]): unknown {
    const response = this.#response
    const native = this.#natives[method]
    if (!this.#headers.hasLines || response.headersSent) return native.apply(response, args)
    if (method !== 'writeHead') {
      this.#headers.apply()
      return native.apply(response, args)
    }
    this.#headers.takeHead(args, () => {
      this.#headers.apply()
      native.call(response, response.statusCode)
    })
    return response
  }

  async #wait(saving: PromiseLike<void>): Promise<void> {
    try {
      await saving
      // The handler may go on changing the session while its first changes are saved.
      for (let more = this.#save?.(); isPromise(more); more = this.#save?.()) await more
    } catch (error) {
      this.#drop(error)
      return
    }
    try {
      this.#replay(this.#held as HeldResponse)
    } catch (error) {
      // Half a response: cut off is better than hanging.
      this.#response.destroy(error as Error)
    }
  }

  #replay(held: HeldResponse): void {
    this.#state = 'passing'
    let isDrained = false
    held.replay(({ method, args }) => {
      const result = this.#state === 'open' ? this.#forward(method, args) : this.#open(method, args)
      if (method === 'write') isDrained = result !== false
    })
    // Not from here: what a listener throws is not ours to answer.
    if (isDrained && !held.isEnded) nextTick(() => this.#feed.wake())
  }

  /** Drops what is held, and has the failure answered. */
  #drop(error: unknown): void {
    const { calls, isEnded } = this.#held as HeldResponse
    this.fail()
    this.#feed.destroy()
    if (!this.#isAnsweredElsewhere) this.#answerFailure(error)
    for (const call of calls) this.#ignore(call, error)
    // A handler that waits for 'drain' goes on, to its end.
    if (!isEnded) nextTick(() => this.#feed.wake())
  }

  #answerFailure(error: unknown): void {
    const giveUp = (reason: unknown): void => {
      this.#response.destroy(reason as Error)
    }
    try {
      if (this.#response.headersSent) throw error
      const answered = this.#failure?.run(() => this.#answer(error))
      Promise.resolve(answered).catch(giveUp)
    } catch (reason) {
      giveUp(reason)
    }
  }

  #callAfterFailure(failure: FailureAnswer, call: Call): unknown {
    const { method, args } = call
    // Not before the headers are gone: what is below calls writeHead and write of its own accord.
    const isOver = this.#state === 'answered' && this.#response.headersSent
    if (isOver || !(this.#state === 'answered' || failure.isOwner(method)))
      return this.#ignore(call, writeAfterEndError())
    try {
      return failure.call(() => this.#forward(method, args))
    } finally {
      if (method === 'end') this.#state = 'answered'
    }
  }

  /** Runs the callback of a dropped call, so that its caller does not hang. */
  #ignore({ method, args }: Call, error: unknown): unknown {
    const callback = args.at(-1)
    if (typeof callback === 'function') {
      if (method === 'end' && !this.#response.writableFinished)
        this.#response.once('finish', callback as () => void)
      else nextTick(callback as AnyMethod, error)
    }
    // True: what feeds a dropped response need not wait for it.
    return method === 'write' ? true : this.#response
  }

  /**
   * `res.end(await f())` looks `end` up before `f` starts the session, and so goes past this object. Node's own `end`
   * of HTTP/1 then asks for the head, which cannot wait there.
   */
  #guardImplicitHead(response: ImplicitHead): void {
    const { _implicitHeader } = response
    response._implicitHeader = () => {
      const mustWait =
        this.#state === 'holding' ||
        (this.#state === 'passing' && isPromise(this.#watched(this.#startSave())))
      if (mustWait)
        throw new SessionError(
          'ERR_HEADERS_SENT',
          'The response was begun by a method that was looked up before its session was started: start the session in a statement of its own, before res.end(…)',
        )
      _implicitHeader.call(response)
    }
  }

  /** Where nobody waits for a save, an event tells of its failure. */
  #watched(saving: Awaitable<void>): Awaitable<void> {
    if (isPromise(saving)) saving.then(undefined, () => {})
    return saving
  }
}
