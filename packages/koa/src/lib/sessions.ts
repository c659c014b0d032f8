import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  assignSession,
  type Manager,
  type SessionHolder,
  type SessionObject,
  type SessionsOff,
  shownSession,
  showSession,
  withStatus,
} from '@sess/core/adapter'
import type { Context, Next } from 'koa'
import { KoaSession } from './koa-session.ts'

declare module 'koa' {
  interface DefaultContext {
    /** The session of this request. Assign `null` to end it, or a plain object to put it in the place of its data. */
    get session(): SessionObject<AppData, KoaSession>
    set session(value: SessionObject<AppData, KoaSession> | Partial<AppData> | null)
  }
}

const current: unique symbol = Symbol('sess.session')

/** A context that has a session. */
interface Holder extends SessionHolder {
  [current]: KoaSession
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
  const adapter = new Adapter<AppData, Context, KoaSession>(
    manager as Manager<AppData> | SessionsOff,
    options,
    KoaSession,
  )
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
    showOn(ctx, session)
    const starting = adapter.start(session)
    if (starting) await starting
    // A handler that writes to ctx.res by itself may wait for what the failed save holds back, and never return.
    const handled = new Promise<void>((resolve, reject) => {
      answer = reject
      next().then(resolve, reject)
    })
    try {
      await handled
      if (session.needsSettling)
        await session.settle().catch(error => {
          throw failed(error)
        })
    } finally {
      // The answer to an error of the handler waits for the save by itself.
      answer = byKoa
    }
  }
}

/** Gives a context the property of its session. */
function showOn(ctx: object, session: KoaSession): void {
  const holder = ctx as Holder
  showSession(session, holder)
  const isShown = current in holder
  holder[current] = session
  if (!isShown) Object.defineProperty(holder, 'session', shown)
}

const shown: PropertyDescriptor & ThisType<Holder> = {
  get() {
    return shownSession(this[current])
  },
  set(value: unknown) {
    this[current] = assignSession(this[current], value)
  },
  enumerable: true,
  configurable: true,
}
