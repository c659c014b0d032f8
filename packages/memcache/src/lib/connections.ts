import { SessionError } from '@sess/core/engine'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { MemcacheClient } from './memcache-client.ts'
import type { Answer } from './protocol.ts'
import { checkServer } from './server-check.ts'

/** The connections to all servers. A key is on one of them, always the same, whether or not it can be reached. */
export class Connections {
  readonly #client: MemcacheClient
  readonly #connections: readonly Connection[]
  #isClosed = false

  constructor(client: MemcacheClient, options: ConnectionOptions) {
    this.#client = client
    this.#connections = client.servers.map(server => new Connection(client, server, options))
  }

  /**
   * Asks every server what it can hold and do, and gives the size of the largest item that all of them take, in bytes.
   *
   * @param key one that no session has
   * @throws ERR_BACKEND or ERR_TIMEOUT if one cannot be reached, ERR_CONFIG if it cannot be used as it is configured
   */
  async check(key: string): Promise<number> {
    const checks = await Promise.allSettled(this.#connections.map(each => checkServer(each, key)))
    for (const check of checks) if (check.status === 'rejected') throw check.reason
    return Math.min(...checks.map(check => (check as PromiseFulfilledResult<number>).value))
  }

  /** Sends a request to the server that has the key. */
  send(key: string, request: Buffer): Promise<Answer> {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'The memcache store is closed')
    const connection = this.#connections[this.#indexOf(key)]
    if (!connection)
      throw new SessionError('ERR_BACKEND', `'getServer' of the memjs client gave no server of its own`)
    return connection.send(request)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#connections.map(connection => connection.close()))
  }

  #indexOf(key: string): number {
    return this.#connections.length === 1 ? 0 : Number(this.#client.getServer(key))
  }
}
