import type { IncomingMessage, ServerResponse } from 'node:http'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

/** What a module in `contenders/` exports as `contender`. */
export interface Contender {
  /** `directory` is an empty directory of the contender's own. */
  createHandler(directory: string): Handler | Promise<Handler>
}

/** The routes that are measured. `/login` comes before them and gives the session its data. */
export const routes = ['untouched', 'read', 'change'] as const
export type Route = (typeof routes)[number]

/** What a route answers, when `requests` requests of one session have reached it. */
export function expectedBody(route: Route, requests: number): string {
  return { untouched: 'hello', read: 'astaxie', change: String(requests) }[route]
}

/** Answers in the way that is best for all: one `end` with a known length. */
export function answer(res: ServerResponse, body: string): void {
  res.setHeader('Content-Length', Buffer.byteLength(body))
  res.end(body)
}

export function fail(res: ServerResponse, error: unknown): void {
  console.error(error)
  if (!res.headersSent) res.statusCode = 500
  res.end()
}
