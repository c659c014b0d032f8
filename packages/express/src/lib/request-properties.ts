import { assignSession, type SessionHolder, shownSession, showSession } from '@sess/core/adapter'
import type { ExpressSession } from './express-session.ts'

const current: unique symbol = Symbol('sess.session')

/** A request that has a session. */
interface Request extends SessionHolder {
  [current]: ExpressSession
}

/** Gives a request the properties of its session. */
export function showOn(request: object, session: ExpressSession): void {
  const holder = request as Request
  showSession(session, holder)
  const isShown = current in holder
  holder[current] = session
  if (!isShown) Object.defineProperties(holder, properties)
}

const properties: PropertyDescriptorMap & ThisType<Request> = {
  session: {
    get() {
      return shownSession(this[current])
    },
    set(value: unknown) {
      this[current] = assignSession(this[current], value)
    },
    enumerable: true,
    configurable: true,
  },
  sessionID: {
    get() {
      const session = this[current]
      return session.isStarted && !session.isReadOnly ? session.id : undefined
    },
    enumerable: true,
    configurable: true,
  },
  sessionStart: {
    value(this: Request) {
      return this[current].sessionStart()
    },
    enumerable: true,
    configurable: true,
    writable: true,
  },
}
