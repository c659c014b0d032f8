import { ServerResponse } from 'node:http'
import { show } from './held-view.ts'
import {
  type Call,
  checkChunk,
  checkConnectionHeaders,
  checkMessage,
  checkStatus,
  headersSentError,
  isClosed,
  isHttp2,
  messageOf,
  type NodeResponse,
  type StatusLine,
  setStatusLine,
  statusLineOf,
} from './node-response.ts'
import type { ResponseHeaders } from './response-headers.ts'

/** A response that a handler has begun and that waits: the calls in their order, and how the response looks meanwhile. */
export class HeldResponse {
  readonly calls: Call[] = []
  readonly #response: NodeResponse
  readonly #statusLine: StatusLine
  #isEnded = false

  /** `first` is the call that begins the response. @throws as Node does, for a call that Node would refuse */
  constructor(response: NodeResponse, headers: ResponseHeaders, first: Call) {
    checkChunk(first)
    if (first.method === 'writeHead') headers.takeHead(first.args, () => begin(response, first))
    else begin(response, first)
    this.#response = response
    this.#statusLine = statusLineOf(response)
    show(response, this)
    this.#push(
      first.method === 'writeHead' ? { method: 'writeHead', args: [this.#statusLine.status] } : first,
    )
  }

  /** Whether the handler has ended the response. */
  get isEnded(): boolean {
    return this.#isEnded
  }

  /** @throws as Node does once the head has begun */
  add(call: Call): void {
    if (call.method === 'writeHead') throw headersSentError(this.#response, 'write')
    checkChunk(call)
    this.#push(call)
  }

  /** The response looks as it is again: nothing has left. */
  stop(): void {
    show(this.#response, undefined)
    if (this.#isEnded) this.#showFinished(false)
  }

  /** Makes the calls, with the status line that the response had when it began. */
  replay(make: (call: Call) => void): void {
    const later = statusLineOf(this.#response)
    // Nothing leaves on a closed connection, and nothing will show that the handler has begun.
    if (!isClosed(this.#response)) this.stop()
    setStatusLine(this.#response, this.#statusLine)
    for (const call of this.calls) make(call)
    setStatusLine(this.#response, later)
  }

  #push(call: Call): void {
    this.calls.push(call)
    if (call.method !== 'end') return
    this.#isEnded = true
    this.#showFinished(true)
  }

  /** HTTP/1 keeps it as a property of the response. */
  #showFinished(isFinished: boolean): void {
    if (!isHttp2(this.#response)) (this.#response as { finished: boolean }).finished = isFinished
  }
}

/** Makes the status line that Node makes when a response begins. @throws as Node does, for a head that cannot be sent */
function begin(response: NodeResponse, first: Call): void {
  const { status, message } = statusLineOf(response)
  if (isHttp2(response)) {
    checkConnectionHeaders(response)
    return
  }
  checkStatus(status)
  const line = { status, message: message || messageOf(status) }
  setStatusLine(response, line)
  checkMessage(line.message)
  if (response.hasHeader?.('Trailer')) tryOut(response, first)
}

/** Begins a response that is sent nowhere: whether there can be trailers is for Node to say. @throws as Node does */
function tryOut(response: ServerResponse, { method, args }: Call): void {
  const trial = new ServerResponse(response.req)
  trial.statusCode = response.statusCode
  for (const [name, value] of Object.entries(response.getHeaders()))
    if (value !== undefined) trial.setHeader(name, value)
  const tried = trial as unknown as Record<string, (...args: unknown[]) => unknown>
  if (method === 'writeHead') trial.writeHead(response.statusCode)
  else tried[method]?.(...args.filter(arg => typeof arg !== 'function'))
}
