import { isSessionError, SessionError } from './errors.ts'
import { store } from './property-object.ts'
import { RequestSession } from './request-session.ts'
import type { RequestState, SessionHolder } from './request-state.ts'
import type { SessionData } from './session-store.ts'

/** What a framework's property `session` shows of a session: `null` after `null` was assigned to it. */
export function shownSession<Session extends object>(session: Session): Session | null {
  return stateOf(session).isHidden ? null : session
}

/**
 * What an assignment to a framework's property `session` does: `null` ends the session before the response leaves, and a
 * plain object takes the place of its data. Gives the session of the request from then on.
 *
 * @throws ERR_VALUE for anything else
 */
export function assignSession<Session extends object>(session: Session, value: unknown): Session {
  if (value instanceof RequestSession) return value as unknown as Session
  const state = stateOf(session)
  if (value === null) {
    if (!state.isHidden) state.endUnseen()
  } else if (isPlain(value)) {
    state.replace(value)
    state.isHidden = false
  } else {
    throw new SessionError(
      'ERR_VALUE',
      'The session can be set to null, which ends it, or to a plain object, which is its data from then on',
    )
  }
  return session
}

/** Says where a session is shown, so that {@link beginAnew} can show another one there. */
export function showSession(session: object, holder: SessionHolder): void {
  stateOf(session).holder = holder
}

/**
 * Ends a session and shows another one instead, with a new id and without data but for the keys in `kept`. The one that
 * has ended can still be read.
 */
export function beginAnew<Session extends object>(
  session: Session,
  kept: readonly string[] = [],
): Promise<void> {
  const state = stateOf(session)
  return state.run(async () => {
    const data = dataOf(state)
    await state.end()
    const Type = (Object.getPrototypeOf(session) as { constructor: new (...args: unknown[]) => Session })
      .constructor
    const next = new Type(state.on(), state.onLoadError)
    state.leave(data)
    for (const key of kept) if (data.has(key)) stateOf(next).write(key, data.get(key))
    stateOf(next).holder = state.holder
    if (state.holder) state.holder.session = next
  })
}

/** All data; none where the engine has no list of keys. */
function dataOf(state: RequestState<SessionData>): Map<string, unknown> {
  try {
    return new Map(state.names().map(name => [name, state.read(name)]))
  } catch (error) {
    if (isSessionError(error, 'ERR_UNSUPPORTED')) return new Map()
    throw error
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as unknown
  return prototype === Object.prototype || prototype === null
}

/** Adapters have their own classes of sessions, and types of their data. */
function stateOf(session: object): RequestState<SessionData> {
  return (session as RequestSession)[store]
}
