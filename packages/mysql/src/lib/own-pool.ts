import { configError, sleep } from '@sess/core/engine'
import { createPool, type Pool, type PoolOptions } from 'mysql2'
import { discard, type MysqlConnection, type MysqlPool } from './driver.ts'

/** How long a close waits for what is under way, in milliseconds. */
const PATIENCE = 1000

/** A pool that the engine made, and closes. */
export interface OwnedPool {
  readonly pool: MysqlPool
  close(): Promise<void>
}

/**
 * `limit`: the most that a call may take, in milliseconds.
 *
 * @throws ERR_CONFIG if the driver does not take an option
 */
export function openPool(options: PoolOptions, limit: number): OwnedPool {
  const pool = create({ ...options, connectTimeout: Math.min(options.connectTimeout ?? limit, limit * 0.9) })
  const open = new Set<MysqlConnection>()
  pool.on('connection', connection => {
    open.add(connection)
    connection.once('end', () => open.delete(connection))
    connection.once('error', () => open.delete(connection))
  })
  return {
    pool,
    close: async () => {
      const stop = new AbortController()
      const ended = new Promise<void>(resolve => pool.end(() => resolve()))
      await Promise.race([ended, sleep(PATIENCE, undefined, { signal: stop.signal }).catch(() => undefined)])
      stop.abort()
      for (const connection of open) discard(connection)
    },
  }
}

function create(options: PoolOptions): Pool {
  try {
    // The driver writes into it.
    return createPool({
      ...options,
      ...(typeof options.ssl === 'object' && { ssl: { ...options.ssl } }),
      // As the engine reads results. Said with every call it would cost each request more than a session does.
      rowsAsArray: true,
      namedPlaceholders: false,
      nestTables: false,
      typeCast: true,
    })
  } catch (error) {
    throw configError('mysql', `: ${(error as Error).message}`)
  }
}
