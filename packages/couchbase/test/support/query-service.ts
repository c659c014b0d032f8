import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { CouchbaseDouble } from './couchbase-double.ts'

const COUNT =
  /^SELECT RAW COUNT\(\*\) FROM `([^`]+)` WHERE `type` = "session" AND `expiresAt` > \$now AND META\(\)\.id >= \$low AND META\(\)\.id < \$high$/

/**
 * The query service, for the one statement that the engine sends: it is told by its text, and answered from the
 * documents. That a real query service understands the statement only a real cluster can show.
 */
export class QueryService {
  readonly #double: CouchbaseDouble
  #server: Server | undefined
  #port = 0
  /** The requests that came in. */
  readonly seen: Record<string, unknown>[] = []
  /** What the next request is answered with, in place of rows. */
  failure: { readonly code: number; readonly msg: string } | undefined

  constructor(double: CouchbaseDouble) {
    this.#double = double
  }

  get port(): number {
    return this.#port
  }

  async start(): Promise<void> {
    this.#server = createServer(async (request, response) => {
      const body = JSON.parse(await textOf(request)) as Record<string, unknown>
      this.seen.push(body)
      const answer = this.#answer(request, body)
      response.setHeader('content-type', 'application/json')
      response.statusCode = answer.status === 'success' ? 200 : 400
      response.end(JSON.stringify({ requestID: 'r', clientContextID: body.client_context_id, ...answer }))
    })
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as { port: number }).port
  }

  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (server === undefined) return
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }

  #answer(
    request: IncomingMessage,
    body: Record<string, unknown>,
  ): { status: string } & Record<string, unknown> {
    const refuse = (code: number, msg: string) => ({ status: 'fatal', errors: [{ code, msg }], results: [] })
    const login = Buffer.from(
      request.headers.authorization?.slice('Basic '.length) ?? '',
      'base64',
    ).toString()
    const [user = '', ...password] = login.split(':')
    if (this.#double.users.get(user) !== password.join(':')) return refuse(13014, 'no credentials')
    const { failure } = this
    this.failure = undefined
    if (failure) return refuse(failure.code, failure.msg)
    const statement = COUNT.exec(String(body.statement))
    const keyspace = /^`([^`]+)`\.`([^`]+)`$/.exec(String(body.query_context))
    if (statement === null || keyspace === null) return refuse(3000, 'syntax error')
    const { $now: now, $low: low, $high: high } = body as { $now: number; $low: string; $high: string }
    const bucket = this.#double.bucket(keyspace[1])
    const collection = bucket?.find(keyspace[2] as string, statement[1] as string)
    if (collection === undefined || typeof collection === 'string') return refuse(12003, 'no such keyspace')
    let count = 0
    for (const [id, { value, datatype }] of collection.documents.entries()) {
      if (datatype !== 1) continue
      const key = Buffer.from(id, 'latin1')
      if (key.compare(Buffer.from(low)) < 0 || key.compare(Buffer.from(high)) >= 0) continue
      const { type, expiresAt } = JSON.parse(value.toString()) as { type?: unknown; expiresAt?: unknown }
      if (type === 'session' && typeof expiresAt === 'number' && expiresAt > now) count++
    }
    return { status: 'success', results: [count] }
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
