import { sleep } from '@sess/core/engine'
import { Pool, type PoolClient, type PoolConfig } from 'pg'

/** How long a close waits for connections to end, in milliseconds. */
const PATIENCE = 1000

/** A pool that the engine made, and closes. */
export interface OwnedPool {
  readonly pool: Pool
  close(): Promise<void>
}

export function openPool(options: PoolConfig): OwnedPool {
  // The driver writes into it.
  const pool = new Pool({ ...options, ...(typeof options.ssl === 'object' && { ssl: { ...options.ssl } }) })
  const open = new Set<PoolClient>()
  pool.on('connect', client => {
    open.add(client)
    client.once('end', () => open.delete(client))
  })
  return {
    pool,
    close: async () => {
      const stop = new AbortController()
      const ended = [...open].map(client => new Promise(resolve => client.once('end', resolve)))
      const all = Promise.all([pool.end(), ...ended])
      await Promise.race([all, sleep(PATIENCE, undefined, { signal: stop.signal }).catch(() => undefined)])
      stop.abort()
      for (const client of open) destroy(client)
    },
  }
}

/** Another `Client` than that of `pg` itself may have no stream to see. */
function destroy({ connection }: { connection?: { stream?: { destroy?(): void } } }): void {
  connection?.stream?.destroy?.()
}
