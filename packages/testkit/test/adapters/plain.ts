import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  assignSession,
  type Manager,
  type RequestSession,
  type SessionsOff,
  withStatus,
} from '@sess/core/adapter'
import { type AdapterSubject, type Answer, listening, nodeAnswers } from '@sess/testkit/adapter'

/** What the handlers of the smallest of frameworks get. */
export interface Exchange {
  req: IncomingMessage
  res: ServerResponse
  session: RequestSession<AppData>
  trustProxy: boolean
}

export type Sessions = Manager<AppData> | SessionsOff
export type Fail = (error: unknown) => void

/** An adapter for `node:http` as it should be; those that break one thing extend it. */
export class PlainAdapter {
  readonly adapter: Adapter<AppData, IncomingMessage>
  readonly options: AdapterOptions<IncomingMessage>

  constructor(sessions: Sessions, options: AdapterOptions<IncomingMessage>) {
    this.options = options
    this.adapter = new Adapter(sessions, options)
  }

  /** Gives the exchange its session, loaded where the options say so. */
  async begin(exchange: Exchange, fail: Fail): Promise<void> {
    exchange.session = this.session(exchange, fail)
    await this.adapter.start(exchange.session)
  }

  session({ req, res, trustProxy }: Exchange, fail: Fail): RequestSession<AppData> {
    return this.adapter.session(req, req, res, {
      isSecure: () => trustProxy && req.headers['x-forwarded-proto'] === 'https',
      onSaveError: error => fail(withStatus(error, 500)),
    })
  }

  /** What a handler that failed leaves to the error handler. */
  failed(_exchange: Exchange): void {}
}

/** The smallest of frameworks: routes, middleware before them, and an error handler after them. */
export function plain(
  name: string,
  AdapterClass: new (sessions: Sessions, options: AdapterOptions<IncomingMessage>) => PlainAdapter,
): AdapterSubject<Exchange> {
  return {
    name,
    hasProxySetting: true,
    serve: ({ sessions, options, routes, trustProxy, onError }) => {
      const byPath = new Map(
        routes.map(({ path, options: own, handle }) => {
          const all = own ? [options, own] : [options]
          return [path, { adapters: all.map(each => new AdapterClass(sessions, each)), handle }]
        }),
      )
      const server = createServer(async (req, res) => {
        const fail = (error: unknown): void => {
          if (res.headersSent) return void res.destroy()
          res.statusCode = (error as { status?: number }).status ?? 500
          res.end(onError?.(error) ?? 'Error')
        }
        const exchange = { req, res, trustProxy } as Exchange
        const route = byPath.get(req.url as string)
        try {
          for (const adapter of route?.adapters ?? []) await adapter.begin(exchange, fail)
          await route?.handle(exchange)
        } catch (error) {
          for (const adapter of route?.adapters ?? []) adapter.failed(exchange)
          fail(error)
        }
      })
      return listening(server)
    },
    session: ({ session }) => session,
    assign: (exchange, session) => {
      exchange.session = assignSession(exchange.session, session)
    },
    send,
    redirect: ({ res }, path) => res.writeHead(302, { Location: path }).end(),
    stream: ({ res }, body: Readable) => pipeline(body, res),
    answers: nodeAnswers(({ res }) => res),
  }
}

function send({ res }: Exchange, { status, headers, body }: Answer): void {
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.statusCode = status
  res.end(body)
}
