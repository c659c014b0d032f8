import type { IncomingMessage, ServerResponse } from 'node:http'
import type { BenchData } from './session-data.ts'

export type Handler = (req: IncomingMessage, res: ServerResponse) => void

/** Where a contender finds itself. */
export interface Setting {
  /** An empty directory of its own. */
  directory: string
  /** The URL of its group's server, or ''. */
  service: string
  /** Begins the names of its keys and tables on that server. */
  prefix: string
  /** Whether a session is loaded only for a handler that asks for it. */
  lazy: boolean
  /** What `/login` puts into a session. */
  data: BenchData
}

/** What a module in `contenders/` exports as `contender`. */
export type Contender = (setting: Setting) => Handler | Promise<Handler>

/** The routes that are measured. All but `login` come with the cookie of a session that has its data. */
export const routes = ['untouched', 'read', 'change', 'login'] as const
export type Route = (typeof routes)[number]

/** What a route answers, when `requests` requests of one session have reached it. */
export function expectedBody(route: Route, requests: number): string {
  return { untouched: 'hello', read: 'astaxie', change: String(requests), login: 'hello' }[route]
}

/** What a request answers on a session that is an object with the data as its properties. */
export function onObject(path: string | undefined, session: () => BenchData, data: BenchData): string {
  if (path === '/untouched') return 'hello'
  if (path === '/read') return session().username
  if (path === '/change') return String(++session().count)
  Object.assign(session(), data)
  return 'hello'
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
