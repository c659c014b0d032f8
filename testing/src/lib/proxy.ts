import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { type Port, reservePort } from './port.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import { newSeed, Random } from './random.ts'
import { type Address, localhost } from './tcp.ts'

/** How a connection ends: by a reset, or in order, as if the other side had closed it. */
export type Cut = 'reset' | 'end'

/** A network between an engine and its server, which fails when told to. */
export interface Network {
  /**
   * Round trips so far. One is whatever a client sends on one connection, in however many pieces, until the server
   * says something to it. So several requests that are sent before the first answer comes count once, an answer in
   * several pieces counts once, and what a server says unasked does not count.
   */
  readonly exchanges: number
  /** Connections that are open. */
  readonly connections: number
  /** How often `cutAnswers` has cut. */
  readonly cuts: number
  /** Nothing passes any more, in no direction. Connections stay open, and new ones are accepted. */
  freeze(): void
  /** What was held up passes, and all that comes. */
  thaw(): void
  /** Ends all connections. New ones are accepted. */
  cut(how?: Cut): void
  /** Accepts no new connections: ECONNREFUSED. Those that are there stay. */
  refuse(): Promise<void>
  allow(): Promise<void>
  /**
   * From now on cuts the connection at each exchange with this probability: half of the times before the request
   * is passed on, half of the times after the server's answer has come, which is thrown away. 0 ends it.
   */
  cutAnswers(probability: number, seed?: number): void
  close(): Promise<void>
}

export async function startProxy(target: Address): Promise<TcpProxy> {
  const proxy = new TcpProxy(target, await reservePort())
  await proxy.allow()
  return proxy
}

/** A TCP proxy on a port of its own, which it keeps while the server behind it comes and goes. */
export class TcpProxy implements Network, Address {
  readonly host: string = localhost
  readonly port: number
  readonly #target: Address
  readonly #port: Port
  readonly #connections = new Set<ProxiedConnection>()
  #listener: Server | undefined
  #isFrozen = false
  #probability = 0
  #random = new Random(0)
  exchanges = 0
  cuts = 0

  constructor(target: Address, port: Port) {
    this.#target = target
    this.#port = port
    this.port = port.port
  }

  get connections(): number {
    return this.#connections.size
  }

  freeze(): void {
    this.#isFrozen = true
    for (const connection of this.#connections) connection.freeze()
  }

  thaw(): void {
    this.#isFrozen = false
    for (const connection of this.#connections) connection.thaw()
  }

  cut(how: Cut = 'reset'): void {
    for (const connection of this.#connections) connection.cut(how)
  }

  async refuse(): Promise<void> {
    this.#listener?.close()
    this.#listener = undefined
  }

  async allow(): Promise<void> {
    if (this.#listener) return
    const listener = createServer(socket => this.#accept(socket))
    this.#listener = listener
    listener.listen(this.port, this.host)
    await once(listener, 'listening')
  }

  cutAnswers(probability: number, seed: number = newSeed()): void {
    this.#probability = probability
    this.#random = new Random(seed)
  }

  async close(): Promise<void> {
    await this.refuse()
    this.cut()
    this.#port.release()
  }

  #accept(socket: Socket): void {
    const connection = new ProxiedConnection(socket, this.#target, {
      fate: () => this.#fate(),
      exchanged: () => this.exchanges++,
      closed: () => this.#connections.delete(connection),
    })
    this.#connections.add(connection)
    if (this.#isFrozen) connection.freeze()
  }

  #fate(): 'pass' | 'lose request' | 'lose answer' {
    if (this.#probability === 0 || this.#random.next() >= this.#probability) return 'pass'
    this.cuts++
    return this.#random.pick(['lose request', 'lose answer'])
  }
}
