import type { Ask, Reply, Server } from './servers.ts'

/** A visitor: sends the cookies it was given, one jar for all servers. */
export class Browser {
  readonly cookies = new Map<string, string>()

  async go(server: Server, ask: Ask | string = {}): Promise<Reply> {
    const reply = await server.ask(this.#withCookies(ask))
    this.#take(reply.setCookies)
    return reply
  }

  /** As `go`, but back as soon as the headers are there. */
  async open(server: Server, ask: Ask | string = {}): ReturnType<Server['open']> {
    const reply = await server.open(this.#withCookies(ask))
    this.#take(reply.setCookies)
    return reply
  }

  /** Another tab that has the same cookies now, and goes its own way from here. */
  fork(): Browser {
    const other = new Browser()
    for (const [name, value] of this.cookies) other.cookies.set(name, value)
    return other
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  #withCookies(ask: Ask | string): Ask {
    const request = typeof ask === 'string' ? { path: ask } : ask
    if (this.cookies.size === 0) return request
    return { ...request, headers: { cookie: this.header, ...request.headers } }
  }

  #take(lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parseCookie(line)
      if (cookie.attributes['max-age'] === '0') this.cookies.delete(cookie.name)
      else this.cookies.set(cookie.name, cookie.value)
    }
  }
}

/** A `Set-Cookie` line; attribute names in lower case, without a value `true`. */
export function parseCookie(line: string): {
  name: string
  value: string
  attributes: Record<string, string | true>
} {
  const [pair = '', ...rest] = line.split('; ')
  const at = pair.indexOf('=')
  const attributes = rest.map(part => {
    const [name = '', value] = part.split('=')
    return [name.toLowerCase(), value ?? true] as const
  })
  return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes: Object.fromEntries(attributes) }
}
