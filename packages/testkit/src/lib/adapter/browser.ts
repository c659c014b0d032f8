import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { Visitor } from '../visitor.ts'

/** A request, but for the cookies. */
export interface Ask {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A response whose headers are there. */
export interface Opened {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookies: readonly string[]
  /** The body as it comes. */
  readonly stream: IncomingMessage
}

/** A whole response. */
export interface Reply extends Opened {
  readonly body: string
}

/** A visitor on a real socket: every request has a connection of its own. */
export class Browser {
  readonly port: number
  readonly #visitor: Visitor

  constructor(port: number, visitor: Visitor = new Visitor()) {
    this.port = port
    this.#visitor = visitor
  }

  /** The cookies, to look at the session without the app. */
  get visitor(): Visitor {
    return this.#visitor
  }

  /** Another browser with the cookies as they are now. */
  copy(): Browser {
    return new Browser(this.port, this.#visitor.copy())
  }

  /** Sends a request, and does no more. */
  send(path: string, { method = 'GET', headers = {}, body }: Ask = {}): ClientRequest {
    const cookie = this.#visitor.cookie
    const sent = request({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      agent: false,
      headers: { ...(cookie ? { cookie } : {}), ...headers },
    })
    sent.on('error', () => {})
    return sent.end(body)
  }

  /** As soon as the headers are there. */
  open(path: string, ask: Ask = {}): Promise<Opened> {
    return new Promise((resolve, reject) => {
      const sent = this.send(path, ask)
      sent.on('error', reject)
      sent.on('response', response => {
        const setCookies = response.headers['set-cookie'] ?? []
        this.#visitor.accept(new Headers(setCookies.map(line => ['set-cookie', line] as [string, string])))
        resolve({ status: response.statusCode ?? 0, headers: response.headers, setCookies, stream: response })
      })
    })
  }

  async ask(path: string, ask: Ask = {}): Promise<Reply> {
    const opened = await this.open(path, ask)
    return { ...opened, body: await text(opened.stream) }
  }
}
