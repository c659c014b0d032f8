import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  type Manager,
  readyForProperties,
  type SessionObject,
  type SessionsOff,
  withStatus,
} from '@sess/core/adapter'
import { ExpressSession } from './express-session.ts'
import { showOn } from './request-properties.ts'

/** What handlers see: the session, and its data as properties. */
export type ShownSession = SessionObject<AppData, ExpressSession>

/** What a request has. Where the types of express-session are in the program, too, theirs count: no property has two. */
interface RequestProperties {
  /** The session of this request. Assign `null` to end it, or a plain object to put it in the place of its data. */
  get session(): IfOurs<ShownSession>
  set session(value: IfOurs<ShownSession | Partial<AppData> | null>)
  /** `session.id`; `undefined` where there is no session. */
  sessionID: string
  /** Loads the session, where that is left to the handler. @throws ERR_BACKEND, ERR_TIMEOUT with status 503 */
  sessionStart(): Promise<ShownSession>
}

// biome-ignore lint/suspicious/noExplicitAny: what the others declare has to be assignable
type IfOurs<Type> = 'sessionStore' extends keyof Express.Request ? any : Type

declare global {
  namespace Express {
    interface Request extends RequestProperties {}
  }
}

/** A request that has a session: that of Express, or of connect. */
export type SessionRequest = IncomingMessage & Express.Request & { originalUrl?: string; secure?: boolean }

export type SessionMiddleware<Req> = (req: Req, res: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Middleware that gives every request its session, as `req.session`.
 *
 * A session that cannot be loaded goes to `next` as an error with status 503; one that cannot be saved as an error
 * with status 500, before anything was sent.
 *
 * @param manager what `newManager` gives, or `openSessions` of `@sess/config`
 * @throws ERR_CONFIG
 */
export function sessions<Data extends object, Req extends SessionRequest = SessionRequest>(
  manager: Manager<Data> | SessionsOff,
  options?: AdapterOptions<Req>,
): SessionMiddleware<Req> {
  const adapter = new Adapter<AppData, Req, ExpressSession>(
    manager as Manager<AppData> | SessionsOff,
    options,
    ExpressSession,
  )
  return (req, res, next) => {
    const onSaveError = (error: unknown): void => next(withStatus(error, 500))
    // Express goes by its own 'trust proxy'; connect has no such thing, and leaves it to the manager.
    const hooks = 'secure' in req ? { onSaveError, isSecure: () => req.secure === true } : { onSaveError }
    const session = adapter.session(req, req, res, hooks)
    // What has a session is ready by now.
    if (session.isOff) readyForProperties(req, 'httpVersionMajor')
    showOn(req, session)
    const starting = adapter.start(session)
    if (starting) starting.then(() => next(), next)
    else next()
  }
}
