import type { Clock } from './clock.ts'
import type { CookieAttributes } from './cookie.ts'
import { SessionError } from './errors.ts'

/** What a cookie needs of the request it is sent for. */
interface CookieSource {
  readonly clock: Clock
  readonly cookie: { readonly attributes: CookieAttributes | undefined; readonly lifetime: number }
}

/** What a cookie needs of its session. */
interface CookieSession {
  readonly lifetime: number
  readonly expiresAt: number
  setLifetime(seconds: number): void
}

/** The attributes of a session's cookie, under the names that express-session has for them. */
export class SessionCookie {
  readonly #source: CookieSource
  readonly #session: () => CookieSession

  /** For core only. */
  constructor(source: CookieSource, session: () => CookieSession) {
    this.#source = source
    this.#session = session
  }

  /**
   * How long the browser keeps the cookie from now on, in milliseconds; `null`: until it is closed. Setting it is
   * `setLifetime`, for record and cookie together, rounded up to seconds.
   */
  get maxAge(): number | null {
    const { expires } = this
    return expires && expires.getTime() - this.#source.clock.now()
  }

  set maxAge(milliseconds: number | null | undefined) {
    if (typeof milliseconds === 'number') this.#setLifetime(milliseconds)
    else if (milliseconds === null || milliseconds === undefined) this.#session().setLifetime(0)
    else throw badValue('maxAge', 'a number of milliseconds, e.g. 86_400_000, or null')
  }

  /** When the browser forgets the cookie; `null`: when it is closed. Setting it is setting {@link maxAge}. */
  get expires(): Date | null {
    const { lifetime, expiresAt } = this.#session()
    if (lifetime > 0) return new Date(expiresAt)
    const seconds = this.#source.cookie.lifetime
    return seconds > 0 ? new Date(this.#source.clock.now() + seconds * 1000) : null
  }

  set expires(date: Date | false | null | undefined) {
    if (date instanceof Date) this.#setLifetime(date.getTime() - this.#source.clock.now())
    else if (date) throw badValue('expires', 'a Date, or null')
    else this.#session().setLifetime(0)
  }

  /** {@link maxAge}, at the time when the cookie is sent. */
  get originalMaxAge(): number | null {
    const seconds = this.#session().lifetime || this.#source.cookie.lifetime
    return seconds > 0 ? seconds * 1000 : null
  }

  get domain(): string | undefined {
    return this.#attributes?.domain
  }

  get path(): string | undefined {
    return this.#attributes?.path
  }

  get sameSite(): 'lax' | 'strict' | 'none' | undefined {
    return this.#attributes?.sameSite
  }

  get httpOnly(): boolean | undefined {
    return this.#attributes?.httpOnly
  }

  get secure(): boolean | undefined {
    return this.#attributes?.secure
  }

  get partitioned(): boolean | undefined {
    return this.#attributes?.partitioned
  }

  toJSON(): object {
    const { originalMaxAge, expires } = this
    return { originalMaxAge, expires, ...this.#attributes }
  }

  get #attributes(): CookieAttributes | undefined {
    return this.#source.cookie.attributes
  }

  /** A time that is over would be a logout that leaves the session: the shortest lifetime is the nearest to it. */
  #setLifetime(milliseconds: number): void {
    if (!Number.isFinite(milliseconds)) throw badValue('maxAge', 'a finite time')
    this.#session().setLifetime(Math.max(1, Math.ceil(milliseconds / 1000)))
  }
}

// Without a setter an assignment would be an error in strict code only.
for (const name of ['domain', 'path', 'sameSite', 'httpOnly', 'secure', 'partitioned', 'originalMaxAge']) {
  const own = Object.getOwnPropertyDescriptor(SessionCookie.prototype, name) as PropertyDescriptor
  Object.defineProperty(SessionCookie.prototype, name, {
    ...own,
    set: () => {
      throw new SessionError(
        'ERR_CONFIG',
        `session.cookie.${name} cannot be set for one session: it is an option of the manager`,
      )
    },
  })
}

function badValue(name: string, needs: string): SessionError {
  return new SessionError('ERR_VALUE', `session.cookie.${name} has to be ${needs}`)
}
