import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  type Manager,
  type RequestSession,
  type SessionsOff,
  withStatus,
} from '@sess/core/adapter'
import type { Context, Next } from 'koa'

declare module 'koa' {
  interface DefaultContext {
    /** The session of this request. */
    session: RequestSession<AppData>
  }
}

export type SessionMiddleware = (ctx: Context, next: Next) => Promise<void>

/**
 * Middleware that gives every request its session, as `ctx.session`, and saves it when the middleware after it is
 * done, before Koa answers.
 *
 * A session that cannot be loaded is thrown as an error with status 503, one that cannot be saved as an error with
 * status 500: the middleware before this one may catch it, else Koa answers.
 *
 * @param manager what `newManager` gives, or `openSessions` of `@sess/config`
 * @throws ERR_CONFIG
 */
export function sessions<Data extends object>(
  manager: Manager<Data> | SessionsOff,
  options?: AdapterOptions<Context>,
): SessionMiddleware {
  const adapter = new Adapter<Data, Context>(manager, options)
  return async (ctx, next) => {
    const byKoa = (error: unknown): void => ctx.onerror(error as Error)
    let answer = byKoa
    const failed = (error: unknown): unknown => {
      ctx.respond = true
      return withStatus(error, 500)
    }
    const session = adapter.session(ctx, ctx.req, ctx.res, {
      isSecure: () => ctx.secure,
      onSaveError: error => answer(failed(error)),
    })
    ctx.session = session as unknown as RequestSession<AppData>
    const starting = adapter.start(session)
    if (starting) await starting
    // A handler that writes to ctx.res by itself may wait for what the failed save holds back, and never return.
    const handled = new Promise<void>((resolve, reject) => {
      answer = reject
      next().then(resolve, reject)
    })
    try {
      await handled
    } finally {
      if (session.needsSettling)
        await session.settle().catch(error => {
          throw failed(error)
        })
      answer = byKoa
    }
  }
}
