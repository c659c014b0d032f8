import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Address } from '@sess/testing'

/** One conversation with memcached in its text protocol, past memjs and the engine. */
export class RawMemcached {
  readonly #socket: Socket
  #heard = Buffer.alloc(0)

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', data => {
      this.#heard = Buffer.concat([this.#heard, data])
    })
  }

  static async connect({ host, port }: Address): Promise<RawMemcached> {
    const socket = connect(port, host)
    await once(socket, 'connect')
    return new RawMemcached(socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  /** All keys of the server that begin with the prefix. */
  async keys(prefix: string): Promise<string[]> {
    const lines = String(await this.#ask('lru_crawler metadump all\r\n', /END\r\n$/)).split('\n')
    const keys = lines.flatMap(line => /^key=(\S+)/.exec(line)?.[1] ?? [])
    return keys.map(decodeURIComponent).filter(key => key.startsWith(prefix))
  }

  async get(key: string): Promise<Buffer | undefined> {
    const answer = await this.#ask(`get ${key}\r\n`, /END\r\n$/)
    if (String(answer) === 'END\r\n') return undefined
    const start = answer.indexOf('\r\n') + 2
    return answer.subarray(start, answer.length - '\r\nEND\r\n'.length)
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    const request = Buffer.concat([
      Buffer.from(`set ${key} 0 0 ${value.length}\r\n`),
      value,
      Buffer.from('\r\n'),
    ])
    const answer = String(await this.#ask(request, /\r\n$/))
    if (answer !== 'STORED\r\n') throw new Error(answer)
  }

  /** The seconds that an item has left; -1: it stays. */
  async secondsLeft(key: string): Promise<number> {
    const answer = String(await this.#ask(`mg ${key} t\r\n`, /\r\n$/))
    return Number(/^HD t(-?\d+)/.exec(answer)?.[1])
  }

  /** A number that the server counts, e.g. `cmd_set`. */
  async stat(name: string): Promise<number> {
    const answer = String(await this.#ask('stats\r\n', /END\r\n$/))
    return Number(new RegExp(`^STAT ${name} (\\d+)`, 'm').exec(answer)?.[1])
  }

  async #ask(request: string | Uint8Array, end: RegExp): Promise<Buffer> {
    this.#heard = Buffer.alloc(0)
    this.#socket.write(request)
    while (!end.test(this.#heard.subarray(-10).toString('latin1'))) await once(this.#socket, 'data')
    return this.#heard
  }
}
