import type { OutgoingHttpHeader } from 'node:http'
import type { Carrier } from './carrier.ts'
import type { Events } from './events.ts'
import { type HeaderAccess, isOfAnswer, keepPrivate } from './headers.ts'
import { checkStatus, isHttp2, messageOf, type NodeResponse, setStatusLine } from './node-response.ts'

/** What the headers of a response need of their manager. */
export interface HeadersContext {
  /** How the session travels. */
  readonly carrier: Pick<Carrier, 'responseHeader' | 'owns'>
  readonly events: Pick<Events, 'emit'>
}

const headerAccess: HeaderAccess<NodeResponse> = {
  names: response => response.getHeaderNames(),
  get: (response, name) => response.getHeader(name),
  set: (response, name, value) => response.setHeader(name, value),
}

/** The headers of a Node response, with the session's lines among them. */
export class ResponseHeaders {
  readonly #response: NodeResponse
  readonly #context: HeadersContext
  #lines: readonly string[] | undefined
  /** All lines of their header, as they were last set. */
  #applied: readonly string[] | undefined
  /** How many headers were left when the response was un-begun. */
  #leftHeaders = 0

  constructor(response: NodeResponse, context: HeadersContext) {
    this.#response = response
    this.#context = context
  }

  /** Whether the session has lines for the response, or takes some away. */
  get hasLines(): boolean {
    return this.#lines !== undefined
  }

  set lines(lines: readonly string[]) {
    this.#lines = lines
    this.#applied = undefined
  }

  /** Sets the session's lines, and makes a response that has them private: the last moment before the head leaves. */
  apply(): void {
    this.applyLines()
    this.#keepPrivate()
  }

  /** Puts the session's lines on the response, instead of those put there before for the same session. */
  applyLines(): void {
    if (this.#lines === undefined) return
    const { carrier } = this.#context
    const present = this.#response.getHeader(carrier.responseHeader)
    // Nobody has touched them since: setting them looks at every character.
    if (present !== undefined && present === this.#applied) return
    const lines = [...asList(present).filter(line => !carrier.owns(line)), ...this.#lines]
    this.#applied = lines
    if (lines.length > 0) this.#response.setHeader(carrier.responseHeader, lines)
    else this.#response.removeHeader(carrier.responseHeader)
  }

  /**
   * Sets what `writeHead` was given, and sends nothing: given to `writeHead` the headers would replace the session's
   * cookie. `begin` begins the head. @throws as `writeHead` does, and leaves what that leaves
   */
  takeHead([status, ...rest]: unknown[], begin: () => void): void {
    const response = this.#response
    const headers = headersOf(rest)
    if (isHttp2(response)) {
      if (headers) setHeaders(response, headers)
      response.statusCode = status as number
      begin()
      return
    }
    const message = typeof rest[0] === 'string' ? rest[0] : response.statusMessage
    const whole = Number(status) | 0
    checkStatus(whole)
    setStatusLine(response, { status: whole, message: message || messageOf(whole) })
    const isFirst = this.#isEmpty
    try {
      if (headers) setHeaders(response, headers)
      begin()
    } catch (error) {
      // Node takes all headers or none, but one by one where others were set before.
      if (isFirst) for (const name of response.getHeaderNames()) response.removeHeader(name)
      throw error
    }
  }

  /** Un-begins the head: the status is 500, and headers that describe the body are gone. CORS and the like stay. */
  drop(): void {
    const response = this.#response
    setStatusLine(response, { status: 500, message: '' })
    for (const name of response.getHeaderNames()) if (isOfAnswer(name)) response.removeHeader(name)
    // Removes the trailers that were added. HTTP/2 cannot.
    if (!isHttp2(response)) response.addTrailers?.({})
    this.#leftHeaders = response.getHeaderNames().length
  }

  /** Whether somebody has set a new head after {@link drop}. */
  get isBegunAnew(): boolean {
    const { statusCode } = this.#response
    return statusCode !== 500 || this.#response.getHeaderNames().length !== this.#leftHeaders
  }

  /** Whether nobody but the session has set a header. */
  get #isEmpty(): boolean {
    const names = this.#response.getHeaderNames()
    if (names.length === 0) return true
    const applied = this.#applied
    const isOurs = applied !== undefined && this.#response.getHeader(names[0] as string) === applied
    return names.length === 1 && isOurs && applied.length === this.#lines?.length
  }

  #keepPrivate(): void {
    if (this.#lines === undefined || this.#lines.length === 0) return
    keepPrivate(headerAccess, this.#response, change => this.#context.events.emit('cacheControl', change))
  }
}

/** The headers among the arguments of `writeHead` after its status. */
function headersOf([first, second]: unknown[]): object | undefined {
  const headers = typeof first === 'string' ? second : (first ?? second)
  return typeof headers === 'object' && headers !== null ? headers : undefined
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
