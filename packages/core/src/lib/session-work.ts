import { withStatus } from './http-error.ts'
import { nextTick } from './timers.ts'

/** What express-session and its relatives are given to call when work is done. */
export type SessionCallback = (error?: unknown) => void

/**
 * Runs work and tells a callback how it has ended; a failure is the callback's to answer then. Without a callback the
 * caller has the promise, which need not be awaited.
 */
export function tell<Session>(
  session: Session,
  work: () => Promise<void>,
  callback: SessionCallback | undefined,
): Session | Promise<void> {
  if (callback === undefined) return work()
  // What the callback throws is not a failure of the work.
  rejecting(work).then(
    () => nextTick(callback),
    error => nextTick(callback, withStatus(error, 500)),
  )
  return session
}

/** What work gives, also if it throws at once. */
export function rejecting(work: () => Promise<void>): Promise<void> {
  try {
    return work()
  } catch (error) {
    return Promise.reject(error)
  }
}
