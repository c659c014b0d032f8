import { type CookieAttributes, type CookieWriter, cookieValues } from './cookie.ts'
import { SessionError } from './errors.ts'

/** How a session travels: in which headers, and how it is written there. `header` is what the request has. */
export interface Carrier {
  /** The request header that brings it, in lower case. */
  readonly requestHeader: string
  /** The response header that takes it back. */
  readonly responseHeader: string
  /** What the request says, most likely first. */
  read(header: string | undefined): string[]
  /** The response's lines for that text. `maxAge` in seconds, 0 for a browser session. @throws ERR_TOO_LARGE */
  write(text: string, maxAge: number, isSecure: boolean, header: string | undefined): string[]
  /** The lines that make the client forget it. */
  clear(isSecure: boolean, header: string | undefined): string[]
  /** Whether a line of the response header is one of this carrier's. */
  owns(line: string): boolean
  /** @throws ERR_INSECURE_COOKIE if the client would not keep it */
  checkConnection(isSecure: boolean): void
  /** The attributes of the cookie, where there is one. */
  attributes(isSecure: boolean): CookieAttributes | undefined
}

/** An id in a header of its own, for clients that keep no cookies. */
export class HeaderCarrier implements Carrier {
  readonly requestHeader: string
  readonly responseHeader: string

  constructor(name: string) {
    this.requestHeader = name.toLowerCase()
    this.responseHeader = name
  }

  read(header: string | undefined): string[] {
    return header === undefined ? [] : [header]
  }

  write(text: string): string[] {
    return [text]
  }

  clear(): string[] {
    return []
  }

  owns(): boolean {
    return true
  }

  checkConnection(): void {}

  attributes(): undefined {
    return undefined
  }
}

/** In cookies, see {@link IDCarrier} and {@link SealedCarrier}. */
abstract class CookieCarrier {
  readonly requestHeader = 'cookie'
  readonly responseHeader = 'Set-Cookie'
  protected readonly name: string
  protected readonly writer: CookieWriter

  constructor(name: string, writer: CookieWriter) {
    this.name = name
    this.writer = writer
  }

  checkConnection(isSecure: boolean): void {
    this.writer.checkConnection(isSecure)
  }

  attributes(isSecure: boolean): CookieAttributes {
    return this.writer.attributes(isSecure)
  }
}

/** An id in one cookie. */
export class IDCarrier extends CookieCarrier implements Carrier {
  read(header: string | undefined): string[] {
    return cookieValues(header, this.name)
  }

  write(text: string, maxAge: number, isSecure: boolean): string[] {
    return [this.writer.write(this.name, text, maxAge, isSecure)]
  }

  clear(isSecure: boolean): string[] {
    return [this.writer.clear(this.name, isSecure)]
  }

  owns(line: string): boolean {
    return line.startsWith(`${this.name}=`)
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
export class SealedCarrier extends CookieCarrier implements Carrier {
  readonly #maxCookies: number

  constructor(name: string, writer: CookieWriter, maxCookies: number) {
    super(name, writer)
    this.#maxCookies = Math.min(maxCookies, MAX_COOKIES)
  }

  read(header: string | undefined): string[] {
    const texts: string[] = []
    for (const first of cookieValues(header, this.name).slice(0, MAX_CANDIDATES)) {
      const text = this.#join(first, header)
      if (text !== undefined) texts.push(text)
    }
    return texts
  }

  /** The text that a first cookie begins. */
  #join(first: string, header: string | undefined): string | undefined {
    const dot = first.indexOf('.')
    const count = first.slice(0, Math.max(0, dot))
    if (!/^\d{1,2}$/.test(count) || Number(count) > this.#maxCookies) return undefined
    let text = first.slice(dot + 1)
    for (let i = 1; i < Number(count); i++) {
      const [part] = cookieValues(header, this.#nameOf(i))
      if (part === undefined) return undefined
      text += part
    }
    return text
  }

  write(text: string, maxAge: number, isSecure: boolean, header: string | undefined): string[] {
    const parts: string[] = []
    let rest = text
    let limit = 0
    for (let i = 0; i < this.#maxCookies && (rest !== '' || i === 0); i++) {
      // Whole lines, attributes too, so that no browser's way of counting cuts one off.
      const line = this.writer.write(this.#nameOf(i), '00.', maxAge, isSecure)
      const room = Math.max(0, COOKIE_BYTES - line.length)
      parts.push(rest.slice(0, room))
      rest = rest.slice(room)
      limit += room
    }
    if (rest !== '') {
      const message = `The sealed session has ${text.length} bytes, ${this.#maxCookies} cookies hold ${limit}: store less, or use an engine that keeps sessions on the server`
      throw new SessionError('ERR_TOO_LARGE', message, { limit })
    }
    const lines = parts.map((part, i) =>
      this.writer.write(this.#nameOf(i), i === 0 ? `${parts.length}.${part}` : part, maxAge, isSecure),
    )
    return [...lines, ...this.#clearFrom(parts.length, isSecure, header)]
  }

  clear(isSecure: boolean, header: string | undefined): string[] {
    return [this.writer.clear(this.name, isSecure), ...this.#clearFrom(1, isSecure, header)]
  }

  owns(line: string): boolean {
    const name = line.slice(0, line.indexOf('='))
    return (
      name === this.name ||
      (name.startsWith(`${this.name}.`) && /^\d+$/.test(name.slice(this.name.length + 1)))
    )
  }

  /** Leftovers that the browser still has. */
  #clearFrom(first: number, isSecure: boolean, header: string | undefined): string[] {
    const lines: string[] = []
    for (let i = first; i < this.#maxCookies; i++)
      if (cookieValues(header, this.#nameOf(i)).length > 0)
        lines.push(this.writer.clear(this.#nameOf(i), isSecure))
    return lines
  }

  #nameOf(i: number): string {
    return i === 0 ? this.name : `${this.name}.${i}`
  }
}
