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

/** When a run ends. */
export type Limit = { seconds: number } | { requests: number }

export interface Visitors {
  run(limit: Limit): Promise<LoadResult>
  /** Whether the last logins have left sessions behind. @throws if not */
  verify(): Promise<void>
  close(): void
}

/** Opens the connections and logs every visitor in. */
export async function connect(target: LoadTarget): Promise<Visitors> {
  const visitors = await Promise.all(Array.from({ length: target.connections }, () => Visitor.open(target)))
  return {
    run: limit => run(visitors, limit),
    verify: async () => void (await Promise.all(visitors.map(visitor => visitor.verify()))),
    close: () => {
      for (const visitor of visitors) visitor.close()
    },
  }
}

async function run(visitors: Visitor[], limit: Limit): Promise<LoadResult> {
  const latency = createHistogram()
  const cpu = process.cpuUsage()
  const start = performance.now()
  const isOver = 'seconds' in limit ? ends(start + limit.seconds * 1000) : countdown(limit.requests)
  const counts = await Promise.all(visitors.map(visitor => visitor.runUntil(isOver, latency)))
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

function ends(until: number): (now: number) => boolean {
  return now => now >= until
}

function countdown(requests: number): () => boolean {
  let left = requests
  return () => --left <= 0
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
  readonly #cookies = new Map<string, string>()
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
    const login = await visitor.#ask(requestFor('login'))
    if (login.status !== 200) throw new Error(`/login answered ${login.status}`)
    if (target.stateful && !visitor.#keepCookies(login.head)) throw new Error('/login set no cookie')
    visitor.#prepare()
    return visitor
  }

  close(): void {
    this.#onClose = () => {}
    this.#socket.destroy()
  }

  /** Sends one request after the other until it is over, and gives their number. */
  runUntil(
    isOver: (now: number) => boolean,
    latency: { record(microseconds: number): void },
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#onClose = reject
      // One that has waited for its turn for too long.
      if (this.#socket.destroyed) return reject(new Error('the server has closed the connection'))
      let requests = 0
      let sentAt = performance.now()
      this.#onAnswer = answer => {
        const now = performance.now()
        latency.record(Math.max(1, Math.round((now - sentAt) * 1000)))
        requests += 1
        this.#check(answer)
        if (isOver(now)) return resolve(requests)
        sentAt = now
        this.#send()
      }
      this.#send()
    })
  }

  /** Whether the last login has left a session behind. @throws if not */
  async verify(): Promise<void> {
    const { route, stateful } = this.#target
    if (route !== 'login' || !stateful) return
    const { status, body } = await this.#ask(requestFor('read', this.#cookies))
    if (status !== 200 || body !== expectedBody('read', 1))
      throw new Error(`/read after /login answered ${status} "${body}"`)
  }

  #check({ status, head, body }: Answer): void {
    const { route, stateful } = this.#target
    const hasCookie = this.#keepCookies(head)
    if (hasCookie) this.#prepare()
    const expected = expectedBody(route, stateful ? this.#sent : 1)
    if (status < 200 || status > 299 || body !== expected)
      this.#wrong(`/${route} answered ${status} "${body}" instead of 200 "${expected}"`)
    else if (route === 'login' && stateful && !hasCookie) this.#wrong('/login set no cookie')
  }

  #wrong(what: string): void {
    this.errors += 1
    this.firstError ??= what
  }

  /** What a browser does with the cookies of an answer. Gives whether there were any. */
  #keepCookies(head: string): boolean {
    if (!/\nset-cookie: /i.test(head)) return false
    for (const [, name = '', value = ''] of head.matchAll(/\nset-cookie: ([^=;\r]+)=([^;\r]*)/gi)) {
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return true
  }

  /** A visitor who logs in is a new one each time. */
  #prepare(): void {
    const { route } = this.#target
    this.#request = requestFor(route, route === 'login' ? undefined : this.#cookies)
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

function requestFor(path: string, cookies: ReadonlyMap<string, string> = new Map()): Uint8Array {
  const pairs = Array.from(cookies, ([name, value]) => `${name}=${value}`).join('; ')
  return Buffer.from(
    `GET /${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: bench\r\nAccept: */*\r\n${pairs && `Cookie: ${pairs}\r\n`}\r\n`,
  )
}

/** The answer that `received` holds, once it holds all of it. */
function parse(received: Buffer): Answer | Error | undefined {
  const text = received.toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const body = bodyOf(head, text.slice(end + 4))
  if (body === undefined || body instanceof Error) return body
  return { status: Number.parseInt(head.slice(9, 12), 10), head, body }
}

function bodyOf(head: string, text: string): string | Error | undefined {
  const [, length] = /\ncontent-length: (\d+)/i.exec(head) ?? []
  if (length !== undefined) return text.length < Number(length) ? undefined : text
  if (!/\ntransfer-encoding: chunked/i.test(head)) return new Error(`an answer without length:\n${head}`)
  if (!text.endsWith('0\r\n\r\n')) return undefined
  return text.replace(/[\da-f]+\r\n(.*?)\r\n/gs, '$1').trimEnd()
}
