import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  assignSession,
  isOfAnswer,
  type Manager,
  type SessionObject,
  type SessionsOff,
  withStatus,
} from '@sess/core/adapter'
import type { Context, MiddlewareHandler } from 'hono'

declare module 'hono' {
  interface ContextVariableMap {
    /** The session of this request. Set it to `null` to end it. */
    session: SessionObject<AppData>
  }
}

/**
 * Middleware that gives every request its session, as `c.var.session` and `c.get('session')`. When the handler has
 * returned its response, the session is saved and its cookie put on the response.
 *
 * A session that cannot be loaded is an error with status 503, one that cannot be saved an error with status 500,
 * for `app.onError`.
 *
 * @param manager what `newManager` gives, or `openSessions` of `@sess/config`
 * @throws ERR_CONFIG
 */
export function sessions<Data extends object>(
  manager: Manager<Data> | SessionsOff,
  options?: AdapterOptions<Context>,
): MiddlewareHandler {
  const adapter = new Adapter<Data, Context>(manager, options)
  return async (c, next) => {
    const session = adapter.session(c, c.req.raw, new Headers())
    c.set('session', session as unknown as SessionObject<AppData>)
    const starting = adapter.start(session)
    if (starting) await starting
    // An error of the handler is answered already when this returns.
    await next()
    try {
      // A handler may have set something else: null ends the session.
      const shown: unknown = c.get('session')
      if (shown !== session) assignSession(session, shown)
      if (session.needsSettling) await session.settle()
    } catch (error) {
      c.res.body?.cancel().catch(() => {})
      const kept = [...c.res.headers].filter(([name]) => !isOfAnswer(name))
      setResponse(c, session.respond(new Response(null, { headers: kept })))
      throw withStatus(error, 500)
    }
    const response = session.respond(c.res)
    if (response !== c.res) setResponse(c, response)
  }
}

/** Puts a response in place of the one there is. Without the first line Hono would join their headers. */
function setResponse(c: Context, response: Response): void {
  c.res = undefined
  c.res = response
}
