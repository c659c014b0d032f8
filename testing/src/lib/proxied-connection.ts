import { connect, type Socket } from 'node:net'
import type { Cut } from './proxy.ts'
import type { Address } from './tcp.ts'

/** What is to become of one exchange. */
export type Fate = 'pass' | 'lose request' | 'lose answer'

/** What a connection tells its proxy, and asks it. */
export interface ConnectionEvents {
  fate(): Fate
  exchanged(): void
  closed(): void
}

/** A client's connection, and the one to the server that belongs to it. */
export class ProxiedConnection {
  readonly #client: Socket
  readonly #server: Socket
  readonly #events: ConnectionEvents
  /** The client has said something that is not answered yet. */
  #isAsked = false
  #fate: Fate = 'pass'

  constructor(client: Socket, target: Address, events: ConnectionEvents) {
    this.#client = client
    this.#server = connect(target.port, target.host)
    this.#events = events
    for (const socket of [client, this.#server]) {
      socket.setNoDelay()
      socket.on('error', () => this.cut('reset'))
    }
    client.on('data', data => this.#request(data))
    this.#server.on('data', data => this.#answer(data))
    client.once('end', () => this.#server.end())
    this.#server.once('end', () => client.end())
    client.once('close', () => events.closed())
  }

  freeze(): void {
    this.#client.pause()
    this.#server.pause()
  }

  thaw(): void {
    this.#client.resume()
    this.#server.resume()
  }

  cut(how: Cut): void {
    this.#server.destroy()
    if (how === 'reset') this.#client.resetAndDestroy()
    else this.#client.end().resume()
  }

  #request(data: Buffer): void {
    if (!this.#isAsked) this.#fate = this.#events.fate()
    this.#isAsked = true
    if (this.#fate === 'lose request') this.cut('reset')
    else this.#server.write(data)
  }

  #answer(data: Buffer): void {
    if (this.#isAsked) this.#events.exchanged()
    this.#isAsked = false
    if (this.#fate === 'lose answer') this.cut('reset')
    else this.#client.write(data)
  }
}
