import type { Clock } from './clock.ts'

/** How long sessions live, in milliseconds unless said otherwise. */
export interface LifetimePolicy {
  /** Idle lifetime, in seconds. */
  readonly maxLifetime: number
  /** Lifetime from creation whatever happens, in seconds; 0 for none. */
  readonly absoluteLifetime: number
  /** A session is extended when that would gain at least so much, in seconds; a tenth of its lifetime if unset. */
  readonly touchEvery: number | undefined
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
  isExtensionDue(session: { createdAt: number; lifetime: number; expiresAt: number }): boolean {
    const gain = this.expiresAt(session.createdAt, session.lifetime) - session.expiresAt
    return gain > 0 && gain >= (this.#policy.touchEvery ?? this.#seconds(session.lifetime) / 10) * 1000
  }

  #seconds(lifetime: number): number {
    return lifetime === 0 ? this.#policy.maxLifetime : lifetime
  }
}
