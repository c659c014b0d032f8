import { connect as connectSocket, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { expectedBody, type Route } from './contender.ts'

export interface LoadTarget {
  port: number
  route: Route
  /** Keep-alive connections, each one visitor with one session and one request at a time. */
  connections: number
  /** Whether a session is to be expected: a cookie from `/login`, and a counter that counts. */
  stateful: boolean
}

export interface LoadResult {
  requests: number
  seconds: number
  /** Answers that were not a 2xx with the right body; the first of them in words. */
  errors: number
  firstError?: string
  /** Milliseconds. */
  p50: number
  p99: number
  /** How much of one core the load generator itself took, 0 to 1: near 1 it is what was measured. */
  busy: number
}

export interface Visitors {
  run(seconds: number): Promise<LoadResult>
  close(): void
}

/** Opens the connections and logs every visitor in. */
export async function connect(target: LoadTarget): Promise<Visitors> {
  const visitors = await Promise.all(Array.from({ length: target.connections }, () => Visitor.open(target)))
  return {
    run: seconds => run(visitors, seconds),
    close: () => {
      for (const visitor of visitors) visitor.close()
    },
  }
}

async function run(visitors: Visitor[], seconds: number): Promise<LoadResult> {
  const latency = createHistogram()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const until = start + seconds * 1000
  const counts = await Promise.all(visitors.map(visitor => visitor.runUntil(until, latency)))
  const elapsed = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const failed = visitors.find(visitor => visitor.firstError)
  return {
    requests: counts.reduce((sum, count) => sum + count, 0),
    seconds: elapsed,
    errors: visitors.reduce((sum, visitor) => sum + visitor.errors, 0),
    ...(failed?.firstError && { firstError: failed.firstError }),
    p50: latency.percentile(50) / 1000,
    p99: latency.percentile(99) / 1000,
    busy: (user + system) / 1e6 / elapsed,
  }
}

interface Answer {
  status: number
  head: string
  body: string
}

/** One keep-alive connection. Its own few lines of HTTP cost a fraction of what a server's do. */
class Visitor {
  errors = 0
  firstError: string | undefined
  readonly #socket: Socket
  readonly #target: LoadTarget
  #request: Uint8Array = new Uint8Array()
  #sent = 0
  #received: Buffer | undefined
  #onAnswer: (answer: Answer) => void = () => {}
  #onClose: (error: Error) => void = () => {}

  private constructor(socket: Socket, target: LoadTarget) {
    this.#socket = socket
    this.#target = target
    socket.setNoDelay()
    socket.on('data', chunk => this.#read(chunk))
    socket.on('error', error => this.#onClose(error))
    socket.on('close', () => this.#onClose(new Error('the server closed the connection')))
  }

  static async open(target: LoadTarget): Promise<Visitor> {
    const visitor = new Visitor(connectSocket(target.port, '127.0.0.1'), target)
    const login = await visitor.#ask(requestFor('login', ''))
    const cookie = /^set-cookie: ([^;\r]+)/im.exec(login.head)?.[1]
    if (login.status !== 200) throw new Error(`/login answered ${login.status}`)
    if (target.stateful && !cookie) throw new Error('/login set no cookie')
    visitor.#request = requestFor(target.route, cookie ?? '')
    return visitor
  }

  close(): void {
    this.#onClose = () => {}
    this.#socket.destroy()
  }

  /** Sends one request after the other until the moment `until`, and gives their number. */
  runUntil(until: number, latency: { record(microseconds: number): void }): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#onClose = reject
      let requests = 0
      let sentAt = performance.now()
      this.#onAnswer = answer => {
        const now = performance.now()
        latency.record(Math.max(1, Math.round((now - sentAt) * 1000)))
        requests += 1
        this.#check(answer)
        if (now >= until) return resolve(requests)
        sentAt = now
        this.#send()
      }
      this.#send()
    })
  }

  #check({ status, body }: Answer): void {
    const { route, stateful } = this.#target
    const expected = expectedBody(route, stateful ? this.#sent : 1)
    if (status >= 200 && status < 300 && body === expected) return
    this.errors += 1
    this.firstError ??= `/${route} answered ${status} "${body}" instead of 200 "${expected}"`
  }

  #send(): void {
    this.#sent += 1
    this.#socket.write(this.#request)
  }

  #ask(request: Uint8Array): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#onAnswer = resolve
      this.#onClose = reject
      this.#socket.write(request)
    })
  }

  #read(chunk: Buffer): void {
    const received = this.#received ? Buffer.concat([this.#received, chunk]) : chunk
    const answer = parse(received)
    this.#received = answer ? undefined : received
    if (answer instanceof Error) this.#onClose(answer)
    else if (answer) this.#onAnswer(answer)
  }
}

function requestFor(path: string, cookie: string): Uint8Array {
  return Buffer.from(
    `GET /${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n${cookie && `Cookie: ${cookie}\r\n`}\r\n`,
  )
}

/** The answer that `received` holds, once it holds all of it. */
function parse(received: Buffer): Answer | Error | undefined {
  const text = received.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const at = head.indexOf('Content-Length: ')
  if (at < 0) return new Error(`an answer without Content-Length:\n${head}`)
  const length = Number.parseInt(head.slice(at + 16), 10)
  if (text.length < end + 4 + length) return undefined
  return { status: Number.parseInt(head.slice(9, 12), 10), head, body: text.slice(end + 4) }
}
