import { type CookieWriter, cookieValues } from './cookie.ts'
import { SessionError } from './errors.ts'

/** How a session travels in cookies. */
export interface Carrier {
  /** What the request's cookies say, most likely first. */
  read(cookieHeader: string | undefined): string[]
  /** The `Set-Cookie` lines for that text. `maxAge` in seconds, 0 for a browser session. @throws ERR_TOO_LARGE */
  write(text: string, maxAge: number, isSecure: boolean, cookieHeader: string | undefined): string[]
  /** The lines that make the browser forget it. */
  clear(isSecure: boolean, cookieHeader: string | undefined): string[]
  /** Whether a `Set-Cookie` line is one of this carrier's. */
  owns(setCookie: string): boolean
}

/** An id in one cookie. */
export class IDCarrier implements Carrier {
  readonly #name: string
  readonly #writer: CookieWriter

  constructor(name: string, writer: CookieWriter) {
    this.#name = name
    this.#writer = writer
  }

  read(cookieHeader: string | undefined): string[] {
    return cookieValues(cookieHeader, this.#name)
  }

  write(text: string, maxAge: number, isSecure: boolean): string[] {
    return [this.#writer.write(this.#name, text, maxAge, isSecure)]
  }

  clear(isSecure: boolean): string[] {
    return [this.#writer.clear(this.#name, isSecure)]
  }

  owns(setCookie: string): boolean {
    return setCookie.startsWith(`${this.#name}=`)
  }
}

/** Browsers ignore a cookie whose name and value together have more bytes (RFC 6265bis section 5.6). */
const COOKIE_BYTES = 4096
/** Cookies of one name that are put together: each takes looking through the whole header for its parts. */
const MAX_CANDIDATES = 4
/** What the count has digits for; browsers keep fewer. */
const MAX_COOKIES = 99

/**
 * A sealed session, in as many cookies as it needs: `name`, `name.1`, `name.2`, …; the first begins with their
 * number, so that a leftover of a longer session is never taken for a part of this one.
 */
export class SealedCarrier implements Carrier {
  readonly #name: string
  readonly #writer: CookieWriter
  readonly #maxCookies: number

  constructor(name: string, writer: CookieWriter, maxCookies: number) {
    this.#name = name
    this.#writer = writer
    this.#maxCookies = Math.min(maxCookies, MAX_COOKIES)
  }

  read(cookieHeader: string | undefined): string[] {
    const candidates = cookieValues(cookieHeader, this.#name).slice(0, MAX_CANDIDATES)
    return candidates.flatMap(first => {
      const [, count, text] = /^(\d{1,2})\.(.*)$/.exec(first) ?? []
      if (count === undefined || text === undefined || Number(count) > this.#maxCookies) return []
      const parts = [text]
      for (let i = 1; i < Number(count); i++) {
        const [part] = cookieValues(cookieHeader, this.#nameOf(i))
        if (part === undefined) return []
        parts.push(part)
      }
      return [parts.join('')]
    })
  }

  write(text: string, maxAge: number, isSecure: boolean, cookieHeader: string | undefined): string[] {
    const names = Array.from({ length: this.#maxCookies }, (_, i) => this.#nameOf(i))
    // Whole lines, attributes too, so that no browser's way of counting cuts one off.
    const room = names.map(name =>
      Math.max(0, COOKIE_BYTES - this.#writer.write(name, '00.', maxAge, isSecure).length),
    )
    const parts: string[] = []
    let rest = text
    for (const size of room) {
      if (rest === '' && parts.length > 0) break
      parts.push(rest.slice(0, size))
      rest = rest.slice(size)
    }
    if (rest !== '') {
      const limit = room.reduce((sum, size) => sum + size, 0)
      const message = `The sealed session has ${text.length} bytes, ${this.#maxCookies} cookies hold ${limit}: store less, or use an engine that keeps sessions on the server`
      throw new SessionError('ERR_TOO_LARGE', message, { limit })
    }
    const lines = parts.map((part, i) =>
      this.#writer.write(this.#nameOf(i), i === 0 ? `${parts.length}.${part}` : part, maxAge, isSecure),
    )
    return [...lines, ...this.#clearFrom(parts.length, isSecure, cookieHeader)]
  }

  clear(isSecure: boolean, cookieHeader: string | undefined): string[] {
    return [this.#writer.clear(this.#name, isSecure), ...this.#clearFrom(1, isSecure, cookieHeader)]
  }

  owns(setCookie: string): boolean {
    const name = setCookie.slice(0, setCookie.indexOf('='))
    return (
      name === this.#name ||
      (name.startsWith(`${this.#name}.`) && /^\d+$/.test(name.slice(this.#name.length + 1)))
    )
  }

  /** Leftovers that the browser still has. */
  #clearFrom(first: number, isSecure: boolean, cookieHeader: string | undefined): string[] {
    const lines: string[] = []
    for (let i = first; i < this.#maxCookies; i++)
      if (cookieValues(cookieHeader, this.#nameOf(i)).length > 0)
        lines.push(this.#writer.clear(this.#nameOf(i), isSecure))
    return lines
  }

  #nameOf(i: number): string {
    return i === 0 ? this.#name : `${this.#name}.${i}`
  }
}
