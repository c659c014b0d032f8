import type { IncomingMessage, OutgoingHttpHeader, ServerResponse } from 'node:http'
import { type Awaitable, attempt } from './awaitable.ts'
import type { Exchange, ExchangeContext, ExchangeVisit, RequestHooks } from './exchange.ts'
import { type HeaderAccess, isOfAnswer, keepPrivate } from './headers.ts'
import { headerOf, isSecureRequest, type NodeRequest } from './node-request.ts'
import { type GateKeeper, type NodeResponse, ResponseGate } from './response-gate.ts'

/** The Node side of a request: its response waits for the session's save. */
export class NodeExchange implements Exchange, GateKeeper {
  readonly #request: NodeRequest
  readonly #response: NodeResponse
  readonly #context: ExchangeContext
  readonly #hooks: RequestHooks
  readonly #gate: ResponseGate
  #visit: ExchangeVisit | undefined
  #lines: readonly string[] | undefined
  /** All lines of their header, as they were last set. */
  #applied: readonly string[] | undefined
  #hasFailed = false
  #lateSave: NodeJS.Immediate | undefined

  constructor(request: NodeRequest, response: NodeResponse, context: ExchangeContext, hooks: RequestHooks) {
    this.#request = request
    this.#response = response
    this.#context = context
    this.#hooks = hooks
    this.#gate = new ResponseGate(response, this)
  }

  begin(visit: ExchangeVisit): void {
    this.#visit = visit
    // Not once: it comes once anyway, and that would cost every request a wrapper.
    this.#response.on('close', () => this.#saveLate())
  }

  header(name: string): string | undefined {
    return headerOf(this.#request, name)
  }

  get headersSent(): boolean {
    return this.#gate.isOpen || this.#response.headersSent
  }

  isSecure(proxies: number): boolean {
    return this.#hooks.isSecure?.() ?? isSecureRequest(this.#request, proxies)
  }

  setLines(lines: readonly string[]): void {
    this.#lines = lines
    this.#applied = undefined
    this.#applyLines()
  }

  changed(): void {
    if (this.#lateSave || !this.#isClosed) return
    this.#lateSave = setImmediate(() => {
      this.#lateSave = undefined
      this.#saveLate()
    })
  }

  abandon(): void {
    this.#hasFailed = true
    this.#gate.abandon()
    this.#dropHeaders()
  }

  mustHold(): boolean {
    // A save that failed was answered, and is not tried again behind that answer's back.
    if (this.#hasFailed) return false
    return this.#visit?.session?.needsRelease ?? false
  }

  settle(): Awaitable<void> {
    return this.#visit?.settle()
  }

  onFailure(error: unknown): unknown {
    this.#hasFailed = true
    this.#dropHeaders()
    this.#response.statusCode = 500
    // HTTP/2 has no message, and warns whoever sets it.
    if (!('stream' in this.#response)) this.#response.statusMessage = ''
    const { onSaveError = this.#context.onSaveError } = this.#hooks
    return onSaveError(error, this.#request as IncomingMessage, this.#response as ServerResponse)
  }

  beforeHeaders(writeHead: unknown[] = []): unknown[] {
    if (this.#lines === undefined) return writeHead
    const [status, ...rest] = writeHead
    const message = typeof rest[0] === 'string' ? [rest.shift()] : []
    const headers = rest[0] ?? rest[1]
    // Set one by one: given to writeHead they would replace the session's cookie.
    if (typeof headers === 'object' && headers !== null) setHeaders(this.#response, headers)
    this.#applyLines()
    this.#keepPrivate()
    return [status, ...message]
  }

  get #isClosed(): boolean {
    return 'stream' in this.#response ? this.#response.stream.destroyed : this.#response.destroyed
  }

  /** Those of an answer that is not to be. */
  #dropHeaders(): void {
    if (this.#response.headersSent) return
    for (const name of this.#response.getHeaderNames())
      if (isOfAnswer(name)) this.#response.removeHeader(name)
  }

  #applyLines(): void {
    if (this.#response.headersSent || this.#lines === undefined) return
    const { carrier } = this.#context
    const present = this.#response.getHeader(carrier.responseHeader)
    // Nobody has touched them since: setting them looks at every character.
    if (present !== undefined && present === this.#applied) return
    const lines = [...asList(present).filter(line => !carrier.owns(line)), ...this.#lines]
    this.#applied = lines
    if (lines.length > 0) this.#response.setHeader(carrier.responseHeader, lines)
    else this.#response.removeHeader(carrier.responseHeader)
  }

  #keepPrivate(): void {
    if (this.#lines?.length === 0) return
    keepPrivate(headerAccess, this.#response, change => this.#context.events.emit('cacheControl', change))
  }

  /** What was changed after the headers had left: nobody waits for it, and a failure is told by an event. */
  #saveLate(): void {
    const ignore = () => {}
    if (this.mustHold()) void attempt(() => this.settle(), ignore, ignore)
  }
}

const headerAccess: HeaderAccess<NodeResponse> = {
  names: response => response.getHeaderNames(),
  get: (response, name) => response.getHeader(name),
  set: (response, name, value) => response.setHeader(name, value),
}

/** Sets headers as `writeHead` would: an object, a flat list of names and values, or a list of pairs. */
function setHeaders(response: NodeResponse, headers: object): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (name) response.setHeader(name, value)
    return
  }
  const flat: OutgoingHttpHeader[] = Array.isArray(headers[0]) ? headers.flat() : headers
  const byName = new Map<string, { name: string; values: OutgoingHttpHeader[] }>()
  for (let i = 0; i < flat.length; i += 2) {
    const name = String(flat[i])
    const value = flat[i + 1] as OutgoingHttpHeader
    const header = byName.get(name.toLowerCase())
    if (header) header.values.push(value)
    else byName.set(name.toLowerCase(), { name, values: [value] })
  }
  for (const { name, values } of byName.values())
    response.setHeader(name, (values.length === 1 ? values[0] : values.flat().map(String)) as string)
}

function asList(value: OutgoingHttpHeader | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [String(value)]
}
