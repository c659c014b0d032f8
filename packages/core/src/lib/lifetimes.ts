import type { Clock } from './clock.ts'
import { SessionError } from './errors.ts'

/** As `touchEvery`: the user of the manager says when a session is extended, as the store of express-session does. */
export const NEVER = 0xffffffff

/** How long sessions live, in milliseconds unless said otherwise. */
export interface LifetimePolicy {
  /** Idle lifetime, in seconds. */
  readonly maxLifetime: number
  /** Lifetime from creation whatever happens, in seconds; 0 for none. */
  readonly absoluteLifetime: number
  /**
   * A session is extended when that would gain at least so much, in seconds; if unset a tenth of its lifetime, or
   * of its cookie's if that is shorter.
   */
  readonly touchEvery: number | undefined
  /** Lifetime of the cookies of sessions that have none of their own, in seconds; 0 or unset: the browser's. */
  readonly cookieLifeTime?: number
}

/** The one place that turns lifetimes into moments. */
export class Lifetimes {
  readonly clock: Clock
  readonly #policy: LifetimePolicy

  constructor(policy: LifetimePolicy, clock: Clock) {
    this.#policy = policy
    this.clock = clock
  }

  /** When a session that is saved now ends. `lifetime`: its own in seconds, or 0. */
  expiresAt(createdAt: number, lifetime: number): number {
    const idle = this.clock.now() + this.#seconds(lifetime) * 1000
    const { absoluteLifetime } = this.#policy
    return absoluteLifetime === 0 ? idle : Math.min(idle, createdAt + absoluteLifetime * 1000)
  }

  isExpired(expiresAt: number): boolean {
    return expiresAt <= this.clock.now()
  }

  /** Whether a session is due for an extension: once per `touchEvery`, not once per request. */
  isExtensionDue(session: {
    createdAt: number
    lifetime: number
    expiresAt: number
    isOutdated?: boolean
  }): boolean {
    if (session.isOutdated) return true
    const gain = this.expiresAt(session.createdAt, session.lifetime) - session.expiresAt
    return gain > 0 && gain >= this.#touchEvery(session.lifetime) * 1000
  }

  /** In seconds. */
  #touchEvery(lifetime: number): number {
    const { touchEvery, maxLifetime, cookieLifeTime = 0 } = this.#policy
    // One session's own lifetime may be shorter.
    if (touchEvery !== undefined)
      return lifetime === 0 || touchEvery === NEVER ? touchEvery : Math.min(touchEvery, lifetime / 10)
    // The cookie is sent again with the extension, which must not be too late for it.
    const shortest = cookieLifeTime > 0 ? Math.min(maxLifetime, cookieLifeTime) : maxLifetime
    return (lifetime === 0 ? shortest : lifetime) / 10
  }

  #seconds(lifetime: number): number {
    return lifetime === 0 ? this.#policy.maxLifetime : lifetime
  }
}

/** A lifetime of one session, in seconds. @throws ERR_CONFIG if it is not a whole number that fits its record */
export function checkLifetime(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xffffffff) return seconds
  const message = `setLifetime needs a whole number of seconds, e.g. 30 * 86400, not ${seconds}`
  throw new SessionError('ERR_CONFIG', message)
}
