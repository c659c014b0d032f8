import { Client, Server } from 'memjs'
import type { Address } from './memcache-config.ts'
import type { Answer } from './protocol.ts'

/** A client of memjs, as far as the engine uses it. */
export interface MemcacheClient {
  readonly seq: number
  readonly servers: readonly MemcacheServer[]
  incrSeq(): void
  /** Which of `servers` has this key, by its index. */
  getServer(key: string): number | string
}

/** One server of a {@link MemcacheClient}. */
export interface MemcacheServer {
  readonly host: string
  readonly port: number
  onResponse(seq: number, callback: (answer: Answer) => void): void
  onError(seq: number, callback: (error: Error) => void): void
  write(request: Buffer): void
  error(error: Error): void
  removeAllListeners(event: string): unknown
}

/** What memjs is told about the servers. */
export interface ClientSettings {
  readonly servers: readonly Address[]
  readonly keepAlive: boolean
  /** In seconds. */
  readonly keepAliveDelay: number
}

export function isClient(value: unknown): value is MemcacheClient {
  if (typeof value !== 'object' || value === null) return false
  const { servers, incrSeq, getServer } = value as Partial<MemcacheClient>
  return Array.isArray(servers) && [incrSeq, getServer].every(method => typeof method === 'function')
}

/** Makes a client whose calls end after `timeout` milliseconds. It connects when it is first used. */
export function makeClient({ servers, ...options }: ClientSettings, timeout: number): MemcacheClient {
  // The engine's own deadline comes first, and lets go of the connection.
  const seconds = (2 * timeout) / 1000
  const serverOptions = { ...options, timeout: seconds, conntimeout: seconds }
  return new Client(
    servers.map(
      ({ host, port, username, password }) =>
        new Server(host, port, username, password, { ...serverOptions }),
    ),
  )
}
