import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'

/** Node's response: of HTTP/1, or the compatibility one of HTTP/2. */
export type NodeResponse = ServerResponse | Http2ServerResponse

export type AnyMethod = (...args: unknown[]) => unknown

/** What Node calls of a response that is ended or written without a head. */
export interface ImplicitHead {
  _implicitHeader(): void
}

/** The methods that send a response. */
export type SendMethod = 'writeHead' | 'write' | 'end' | 'flushHeaders'

/** A call of one of a response's methods. */
export interface Call {
  readonly method: SendMethod
  readonly args: unknown[]
}

/** Status and message of a response. HTTP/2 has no message, and warns of one. */
export interface StatusLine {
  readonly status: number
  readonly message: string | undefined
}

/** Whether that is a response of Node's, or one that can do the same. */
export function isNodeResponse(response: unknown): response is NodeResponse {
  const { on, getHeaderNames, writeHead } = (response ?? {}) as { [name in keyof ServerResponse]?: unknown }
  return typeof on === 'function' && typeof getHeaderNames === 'function' && typeof writeHead === 'function'
}

export function isHttp2(response: NodeResponse): response is Http2ServerResponse {
  return 'stream' in response
}

/** Whether the connection, or the stream of HTTP/2, is gone. */
export function isClosed(response: NodeResponse): boolean {
  return isHttp2(response) ? response.stream.destroyed : response.destroyed
}

export function statusLineOf(response: NodeResponse): StatusLine {
  const { statusCode: status } = response
  return { status, message: isHttp2(response) ? undefined : response.statusMessage }
}

export function setStatusLine(response: NodeResponse, { status, message }: StatusLine): void {
  response.statusCode = status
  if (message !== undefined && !isHttp2(response)) response.statusMessage = message
}

/** The message that goes with a status, as Node has it. */
export function messageOf(status: number): string {
  return STATUS_CODES[status] ?? 'unknown'
}

/** The error that Node throws for a head that is set after it has begun. */
export function headersSentError(response: NodeResponse, verb: 'set' | 'append' | 'remove' | 'write'): Error {
  return isHttp2(response)
    ? nodeError('ERR_HTTP2_HEADERS_SENT', 'Response has already been initiated.')
    : nodeError('ERR_HTTP_HEADERS_SENT', `Cannot ${verb} headers after they are sent to the client`)
}

/** The error that Node throws for a call after the end. */
export function writeAfterEndError(): Error {
  return nodeError('ERR_STREAM_WRITE_AFTER_END', 'write after end')
}

/**
 * Begins the head as Node does for `write` and `flushHeaders`, if others have replaced the response's `writeHead`, which
 * was `own`: there middleware such as compression decides what becomes of the body.
 */
export function beginThroughOthers(response: NodeResponse, own: AnyMethod, call: Call): void {
  if (response.writeHead === own || (call.method !== 'write' && call.method !== 'flushHeaders')) return
  if (!isHttp2(response)) checkChunk(call)
  response.writeHead(response.statusCode)
}

/** Whether a call begins the head before Node looks at its chunk, and refuses that. */
export function isRefusedLate(response: NodeResponse, call: Call): boolean {
  if (!isHttp2(response)) return false
  try {
    checkChunk(call)
    return false
  } catch {
    return true
  }
}

/** @throws as Node does, if a call of `write` or `end` has a chunk that cannot be written */
export function checkChunk({ method, args: [chunk] }: Call): void {
  if (method !== 'write' && method !== 'end') return
  if (typeof chunk === 'string' || chunk instanceof Uint8Array) return
  if (method === 'end' && (!chunk || typeof chunk === 'function')) return
  if (chunk === null)
    throw nodeError('ERR_STREAM_NULL_VALUES', 'May not write null values to stream', TypeError)
  const message = `The "chunk" argument must be of type string or an instance of Buffer or Uint8Array. Received ${typeof chunk}`
  throw nodeError('ERR_INVALID_ARG_TYPE', message, TypeError)
}

/** @throws as Node does, for a status that HTTP/1 cannot send */
export function checkStatus(status: number): void {
  if (!(status >= 100 && status <= 999))
    throw nodeError('ERR_HTTP_INVALID_STATUS_CODE', `Invalid status code: ${status}`, RangeError)
}

const MESSAGE_CHARACTERS = /^[\t\x20-\x7e\x80-\xff]*$/

/** @throws as Node does, for a message that HTTP/1 cannot send */
export function checkMessage(message: string): void {
  if (!MESSAGE_CHARACTERS.test(message))
    throw nodeError('ERR_INVALID_CHAR', 'Invalid character in statusMessage', TypeError)
}

const CONNECTION_HEADERS = [
  'upgrade',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
]

/** @throws as Node does, for headers that HTTP/2 forbids (RFC 9113 section 8.2.2) */
export function checkConnectionHeaders(response: NodeResponse): void {
  const name = CONNECTION_HEADERS.find(forbidden => response.hasHeader(forbidden))
  if (name === undefined) return
  const message = `HTTP/1 Connection specific headers are forbidden: "${name}"`
  throw nodeError('ERR_HTTP2_INVALID_CONNECTION_HEADERS', message, TypeError)
}

function nodeError(code: string, message: string, Type: ErrorConstructor = Error): Error {
  return Object.assign(new Type(message), { code })
}
