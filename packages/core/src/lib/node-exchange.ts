import type { OutgoingHttpHeader } from 'node:http'
import type { Carrier } from './carrier.ts'
import { type Exchange, privateCacheControl } from './exchange.ts'
import { headerOf, isSecureRequest, type NodeRequest } from './node-request.ts'
import { type GateKeeper, type NodeResponse, ResponseGate } from './response-gate.ts'

/** What a Node exchange asks of the request's session. */
interface NodeExchangeSession {
  readonly needsRelease: boolean
}

export interface NodeExchangeSettings {
  /** The request's session, once it is started. */
  session(): NodeExchangeSession | undefined
  /** Saves it. */
  settle(): Promise<void>
  /** How the session travels. */
  readonly carrier: Pick<Carrier, 'responseHeader' | 'owns'>
  /** Tells how the client reached us, in place of what the request says. */
  readonly isSecure: (() => boolean) | undefined
  onSaveError(error: unknown): unknown
  onCacheControl(from: string, to: string): void
}

/** The Node side of a request: its response waits for the session's save. */
export class NodeExchange implements Exchange, GateKeeper {
  readonly #request: NodeRequest
  readonly #response: NodeResponse
  readonly #settings: NodeExchangeSettings
  readonly #gate: ResponseGate
  #lines: readonly string[] | undefined
  #isClosed: boolean
  #hasFailed = false
  #lateSave: NodeJS.Immediate | undefined

  constructor(request: NodeRequest, response: NodeResponse, settings: NodeExchangeSettings) {
    this.#request = request
    this.#response = response
    this.#settings = settings
    this.#gate = new ResponseGate(response, this)
    this.#isClosed = 'stream' in response ? response.stream.destroyed : response.destroyed
    // Not once: it comes once anyway, and that would cost every request a wrapper.
    response.on('close', () => {
      this.#isClosed = true
      this.#saveLate()
    })
  }

  header(name: string): string | undefined {
    return headerOf(this.#request, name)
  }

  get headersSent(): boolean {
    return this.#gate.isOpen || this.#response.headersSent
  }

  isSecure(trustProxy: boolean): boolean {
    return this.#settings.isSecure?.() ?? isSecureRequest(this.#request, trustProxy)
  }

  setLines(lines: readonly string[]): void {
    this.#lines = lines
    this.#applyLines()
  }

  changed(): void {
    if (!this.#isClosed || this.#lateSave) return
    this.#lateSave = setImmediate(() => {
      this.#lateSave = undefined
      this.#saveLate()
    })
  }

  abandon(): void {
    this.#hasFailed = true
    if (this.#lines) this.#lines = []
    this.#dropHeaders()
  }

  mustHold(): boolean {
    // A save that failed was answered, and is not tried again behind that answer's back.
    if (this.#hasFailed) return false
    return this.#settings.session()?.needsRelease ?? false
  }

  settle(): Promise<void> {
    return this.#settings.settle()
  }

  onFailure(error: unknown): unknown {
    this.#hasFailed = true
    this.#dropHeaders()
    this.#response.statusCode = 500
    // HTTP/2 has no message, and warns whoever sets it.
    if (!('stream' in this.#response)) this.#response.statusMessage = ''
    return this.#settings.onSaveError(error)
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

  /** Those of an answer that is not to be. */
  #dropHeaders(): void {
    if (this.#response.headersSent) return
    for (const name of this.#response.getHeaderNames()) this.#response.removeHeader(name)
  }

  #applyLines(): void {
    if (this.#response.headersSent || this.#lines === undefined) return
    const { carrier } = this.#settings
    const lines = [
      ...asList(this.#response.getHeader(carrier.responseHeader)).filter(line => !carrier.owns(line)),
      ...this.#lines,
    ]
    if (lines.length > 0) this.#response.setHeader(carrier.responseHeader, lines)
    else this.#response.removeHeader(carrier.responseHeader)
  }

  #keepPrivate(): void {
    if (this.#lines?.length === 0) return
    const from = asList(this.#response.getHeader('Cache-Control')).join(', ')
    const to = privateCacheControl(from)
    if (to === from) return
    this.#response.setHeader('Cache-Control', to)
    if (/\bpublic\b|s-maxage/i.test(from)) this.#settings.onCacheControl(from, to)
  }

  /** What was changed after the headers had left: nobody waits for it, and a failure is told by an event. */
  #saveLate(): void {
    if (this.mustHold()) this.settle().catch(() => {})
  }
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
