import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeader } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { type Exchange, isForwardedSecure, privateCacheControl } from './exchange.ts'
import { type GateKeeper, type NodeResponse, ResponseGate } from './response-gate.ts'

export type NodeRequest = IncomingMessage | Http2ServerRequest

/** What a Node exchange asks of the request's session. */
export interface NodeExchangeSession {
  readonly needsRelease: boolean
  sessionRelease(): Promise<void>
}

export interface NodeExchangeSettings {
  /** The request's session, once it is started. */
  session(): NodeExchangeSession | undefined
  /** Whether a `Set-Cookie` line is the session's. */
  owns(setCookie: string): boolean
  onSaveError(error: unknown): void
  onCacheControl(from: string, to: string): void
}

/** The Node side of a request: its response waits for the session's save. */
export class NodeExchange implements Exchange, GateKeeper {
  readonly #request: NodeRequest
  readonly #response: NodeResponse
  readonly #settings: NodeExchangeSettings
  readonly #gate: ResponseGate
  #cookies: readonly string[] | undefined
  #isClosed = false
  #lateSave: NodeJS.Immediate | undefined

  constructor(request: NodeRequest, response: NodeResponse, settings: NodeExchangeSettings) {
    this.#request = request
    this.#response = response
    this.#settings = settings
    this.#gate = new ResponseGate(response, this)
    response.once('close', () => {
      this.#isClosed = true
      this.#saveLate()
    })
  }

  get cookieHeader(): string | undefined {
    return this.#request.headers.cookie
  }

  get headersSent(): boolean {
    return this.#gate.isOpen || this.#response.headersSent
  }

  isSecure(trustProxy: boolean): boolean {
    if ((this.#request.socket as TLSSocket | undefined)?.encrypted) return true
    return trustProxy && isForwardedSecure(name => single(this.#request.headers, name))
  }

  setCookies(lines: readonly string[]): void {
    this.#cookies = lines
    this.#applyCookies()
  }

  changed(): void {
    if (!this.#isClosed || this.#lateSave) return
    this.#lateSave = setImmediate(() => {
      this.#lateSave = undefined
      this.#saveLate()
    })
  }

  mustHold(): boolean {
    return this.#settings.session()?.needsRelease ?? false
  }

  settle(): Promise<void> {
    return this.#settings.session()?.sessionRelease() ?? Promise.resolve()
  }

  onFailure(error: unknown): void {
    for (const name of this.#response.getHeaderNames()) this.#response.removeHeader(name)
    this.#response.statusMessage = ''
    this.#settings.onSaveError(error)
  }

  beforeHeaders(writeHead: unknown[] = []): unknown[] {
    if (this.#cookies === undefined) return writeHead
    const [status, ...rest] = writeHead
    const message = typeof rest[0] === 'string' ? [rest.shift()] : []
    // Set one by one: given to writeHead they would replace the session's cookie.
    setHeaders(this.#response, rest[0] ?? rest[1])
    this.#applyCookies()
    this.#keepPrivate()
    return [status, ...message]
  }

  #applyCookies(): void {
    if (this.#response.headersSent || this.#cookies === undefined) return
    const lines = [
      ...asList(this.#response.getHeader('Set-Cookie')).filter(line => !this.#settings.owns(line)),
      ...this.#cookies,
    ]
    if (lines.length > 0) this.#response.setHeader('Set-Cookie', lines)
    else this.#response.removeHeader('Set-Cookie')
  }

  #keepPrivate(): void {
    if (this.#cookies?.length === 0) return
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
function setHeaders(response: NodeResponse, headers: unknown): void {
  if (typeof headers !== 'object' || headers === null) return
  const values = new Map<string, OutgoingHttpHeader[]>()
  for (const [name, value] of pairs(headers)) values.set(name, [...(values.get(name) ?? []), value])
  for (const [name, list] of values)
    response.setHeader(name, (list.length === 1 ? list[0] : list.flat().map(String)) as string)
}

function pairs(headers: object): [string, OutgoingHttpHeader][] {
  if (!Array.isArray(headers))
    return Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
  const flat: OutgoingHttpHeader[] = Array.isArray(headers[0]) ? headers.flat() : headers
  return Array.from({ length: flat.length / 2 }, (_, i) => [
    String(flat[2 * i]).toLowerCase(),
    flat[2 * i + 1] as OutgoingHttpHeader,
  ])
}

function asList(value: OutgoingHttpHeader | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [String(value)]
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}
