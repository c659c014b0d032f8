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

  /** Where a browser has several cookies of a name, those of former domains and paths. */
  protected clearFormer(name: string, isSecure: boolean, header: string | undefined): string[] {
    return this.writer.hasFormer && cookieValues(header, name).length > 1
      ? this.writer.clearFormer(name, isSecure)
      : []
  }
}

/** An id in one cookie. */
export class IDCarrier extends CookieCarrier implements Carrier {
  read(header: string | undefined): string[] {
    return cookieValues(header, this.name)
  }

  write(text: string, maxAge: number, isSecure: boolean, header: string | undefined): string[] {
    return [
      this.writer.write(this.name, text, maxAge, isSecure),
      ...this.clearFormer(this.name, isSecure, header),
    ]
  }

  clear(isSecure: boolean, header: string | undefined): string[] {
    return [this.writer.clear(this.name, isSecure), ...this.clearFormer(this.name, isSecure, header)]
  }

  owns(line: string): boolean {
    return line.startsWith(`${this.name}=`)
  }
}

/** Browsers ignore a cookie whose name and value together have more bytes (RFC 6265bis section 5.6). */
const COOKIE_BYTES = 4096
/** Texts that are put together of the cookies of a request: more than fit in the headers that Node accepts. */
const MAX_TEXTS = 256
/** Sets of further cookies that are tried with a first one. */
const MAX_JOINED = 4
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
    const parts: string[][] = []
    const texts = new Set<string>()
    for (const first of cookieValues(header, this.name)) {
      const [count] = /^\d{1,2}(?=\.)/.exec(first) ?? []
      if (count === undefined || Number(count) > this.#maxCookies) continue
      for (let i = parts.length + 1; i < Number(count); i++) parts.push(cookieValues(header, this.#nameOf(i)))
      for (const text of join(first.slice(count.length + 1), parts.slice(0, Math.max(0, Number(count) - 1))))
        if (texts.size < MAX_TEXTS) texts.add(text)
    }
    return [...texts]
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
    return [
      ...lines,
      ...this.#clearFrom(parts.length, isSecure, header),
      ...this.#clearAllFormer(isSecure, header),
    ]
  }

  clear(isSecure: boolean, header: string | undefined): string[] {
    return [
      this.writer.clear(this.name, isSecure),
      ...this.#clearFrom(1, isSecure, header),
      ...this.#clearAllFormer(isSecure, header),
    ]
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

  #clearAllFormer(isSecure: boolean, header: string | undefined): string[] {
    if (!this.writer.hasFormer) return []
    const names = Array.from({ length: this.#maxCookies }, (_, i) => this.#nameOf(i))
    return names.flatMap(name => this.clearFormer(name, isSecure, header))
  }

  #nameOf(i: number): string {
    return i === 0 ? this.name : `${this.name}.${i}`
  }
}

/**
 * The texts that a first cookie may begin. A browser that has several cookies of each name sends them in the same order
 * under each: all first ones, all second ones. Those that do not belong together make no seal.
 */
function join(first: string, parts: readonly string[][]): string[] {
  if (parts.some(values => values.length === 0)) return []
  const count = Math.max(1, ...parts.map(values => values.length))
  return Array.from({ length: Math.min(count, MAX_JOINED) }, (_, i) =>
    parts.reduce((text, values) => text + values[Math.min(i, values.length - 1)], first),
  )
}
