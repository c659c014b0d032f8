import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Html } from './html.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>

/** Handlers by method and path: `{ 'GET /': … }`. */
export type Routes = Record<string, Handler>

/** What a handler throws to answer with a status of its own. */
export class HttpError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** A form here is one short field. */
const formLimit = 2048

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

export function sendPage(res: ServerResponse, page: Html, status = 200): void {
  res.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    // After a logout the back button must ask again.
    'Cache-Control': 'no-store',
  })
  res.end(page.toString())
}

export function sendJson(res: ServerResponse, value: unknown): void {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  res.end(JSON.stringify(value))
}

/** Sends the browser on with a GET, so that a reload does not post the form again. */
export function redirect(res: ServerResponse, path: string): void {
  res.writeHead(303, { Location: path, 'Cache-Control': 'no-store' })
  res.end()
}

/** The fields of a posted form. */
export async function readForm(req: IncomingMessage): Promise<URLSearchParams> {
  const type = req.headers['content-type']?.split(';')[0]?.trim()
  if (type !== 'application/x-www-form-urlencoded') throw new HttpError(415, 'This address takes a form.')
  const length = Number(req.headers['content-length'])
  if (Number.isNaN(length)) throw new HttpError(411, 'Say how long the form is.')
  // Node hands over no more of a body than its Content-Length says, so there is nothing to count.
  if (length > formLimit) throw new HttpError(413, 'That is more than this form holds.')
  return new URLSearchParams(await text(req))
}

/**
 * Whether another site sent the request. Browsers say where a request comes from; a client that says
 * nothing is no browser, and so brings no visitor's cookie. The cookie's `SameSite=Lax` is the second lock.
 */
export function isCrossSite(req: IncomingMessage): boolean {
  const { host, origin, 'sec-fetch-site': site } = req.headers
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
}
