import { once } from 'node:events'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { selfSigned } from './certificate.ts'

export const protocols = ['http', 'https', 'h2c', 'h2'] as const
export type Protocol = (typeof protocols)[number]

/** HTTP/2's compatibility objects come in the same shape: that is what they are for. */
export type Handler = (req: http.IncomingMessage, res: http.ServerResponse) => unknown

export interface Ask {
  method?: string
  path?: string
  headers?: http.OutgoingHttpHeaders
  body?: string
}

export interface Reply {
  status: number
  /** HTTP/1 only. */
  statusMessage: string
  headers: http.IncomingHttpHeaders
  /** Names as they were on the wire. */
  headerNames: string[]
  setCookies: string[]
  informational: number[]
  body: string
}

export interface Server {
  protocol: Protocol
  port: number
  url: string
  /** What the handlers have thrown. */
  thrown: unknown[]
  /** Waits for the headers only; `body` gives the rest. */
  open(ask?: Ask): Promise<Omit<Reply, 'body'> & { body: Promise<string> }>
  ask(ask?: Ask): Promise<Reply>
  /** The clients' side of all connections is cut off. */
  hangUp(): Promise<void>
  close(): Promise<void>
}

let pair: ReturnType<typeof selfSigned> | undefined

/** A real server on a free port, closed when the test is over. */
export async function serve(handler: Handler, protocol: Protocol = 'http'): Promise<Server> {
  const thrown: unknown[] = []
  const listener = async (req: http.IncomingMessage, res: http.ServerResponse): Promise<void> => {
    try {
      await handler(req, res)
    } catch (error) {
      thrown.push(error)
      if (!res.headersSent) res.statusCode = 500
      res.end('handler failed')
    }
  }
  pair ??= selfSigned()
  const server =
    protocol === 'http'
      ? http.createServer(listener)
      : protocol === 'https'
        ? https.createServer(pair, listener)
        : protocol === 'h2c'
          ? http2.createServer(listener as never)
          : http2.createSecureServer(pair, listener as never)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const isSecure = protocol === 'https' || protocol === 'h2'
  const url = `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const isHttp2 = protocol === 'h2c' || protocol === 'h2'
  const clients = new Set<{ destroy(): void }>()
  let session: http2.ClientHttp2Session | undefined
  const openOne = isHttp2
    ? (ask?: Ask) => {
        if (!session || session.destroyed) {
          session = http2.connect(url, { rejectUnauthorized: false })
          session.on('error', () => undefined)
          clients.add(session)
        }
        return openHttp2(session, ask)
      }
    : (ask?: Ask) => openHttp1(url, clients, ask)

  async function hangUp(): Promise<void> {
    const closed = [...sockets].map(socket => once(socket, 'close'))
    for (const client of clients) client.destroy()
    await Promise.all(closed)
  }

  async function close(): Promise<void> {
    for (const client of clients) client.destroy()
    for (const socket of sockets) socket.destroy()
    await new Promise(resolve => server.close(resolve))
  }
  onTestFinished(close)
  return {
    protocol,
    port,
    url,
    thrown,
    open: openOne,
    ask: async ask => {
      const reply = await openOne(ask)
      return { ...reply, body: await reply.body }
    },
    hangUp,
    close,
  }
}

type Opened = Awaited<ReturnType<Server['open']>>

function openHttp1(
  url: string,
  clients: Set<{ destroy(): void }>,
  { method = 'GET', path = '/', headers = {}, body }: Ask = {},
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const module = url.startsWith('https') ? https : http
    const options = { method, headers, agent: false as const, rejectUnauthorized: false }
    const informational: number[] = []
    const request = module.request(new URL(path, url), options, response => {
      resolve({
        status: response.statusCode ?? 0,
        statusMessage: response.statusMessage ?? '',
        headers: response.headers,
        headerNames: response.rawHeaders.filter((_, i) => i % 2 === 0),
        setCookies: response.headers['set-cookie'] ?? [],
        informational,
        body: text(response),
      })
    })
    clients.add(request)
    request.once('close', () => clients.delete(request))
    request.on('information', ({ statusCode }) => informational.push(statusCode))
    request.on('error', reject)
    request.end(body)
  })
}

function openHttp2(
  session: http2.ClientHttp2Session,
  { method = 'GET', path = '/', headers = {}, body }: Ask = {},
): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': path, ...headers })
    const informational: number[] = []
    stream.on('headers', ({ ':status': status }) => informational.push(Number(status)))
    stream.on('response', response => {
      resolve({
        status: Number(response[':status']),
        statusMessage: '',
        headers: response as http.IncomingHttpHeaders,
        headerNames: Object.keys(response),
        setCookies: response['set-cookie'] ?? [],
        informational,
        body: text(stream),
      })
    })
    stream.on('error', reject)
    stream.on('close', () => reject(new Error('hung up')))
    stream.end(body)
  })
}

async function text(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
