import { assignSession, type SessionHolder, shownSession, showSession } from '@sess/core/adapter'
import type { ExpressSession } from './express-session.ts'

const current: unique symbol = Symbol('sess.session')

/** A request that has a session. */
interface Request extends SessionHolder {
  [current]: ExpressSession
  sessionStart(): Promise<ExpressSession>
}

/** Gives a request the properties of its session. */
export function showOn(request: object, session: ExpressSession): void {
  const holder = request as Request
  showSession(session, holder)
  const isShown = Object.hasOwn(holder, current)
  holder[current] = session
  if (isShown) return
  Object.defineProperty(holder, 'session', shown)
  Object.defineProperty(holder, 'sessionID', shownID)
  // Assigned: to define it would cost each request a microsecond.
  holder.sessionStart = sessionStart
}

const shown: PropertyDescriptor & ThisType<Request> = {
  get() {
    return shownSession(this[current])
  },
  set(value: unknown) {
    this[current] = assignSession(this[current], value)
  },
  enumerable: true,
  configurable: true,
}

const shownID: PropertyDescriptor & ThisType<Request> = {
  get() {
    const session = this[current]
    return session.isStarted && !session.isReadOnly ? session.id : undefined
  },
  enumerable: true,
  configurable: true,
}

function sessionStart(this: Request): Promise<ExpressSession> {
  return this[current].sessionStart()
}
