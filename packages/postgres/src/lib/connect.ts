import { performance } from 'node:perf_hooks'
import type { PoolConfig } from 'pg'
import { isPool } from './driver.ts'
import { inTime } from './in-time.ts'
import { type OwnedPool, openPool } from './own-pool.ts'
import type { OwnPool, PostgresSettings } from './postgres-config.ts'
import { PostgresDatabase } from './postgres-database.ts'
import { isAboutTls } from './start-error.ts'

/** A database, and what its changes have to say so that none waits for a lock for ever. */
export interface Connected {
  readonly database: PostgresDatabase
  readonly patience: string | undefined
}

/**
 * A change that waits for a lock would go on waiting when its caller has given up and closed the connection, which
 * the server does not notice, and be done long afterwards. So the server is told to give up first. Where the
 * connections are the engine's own, it is told once and for whole statements. Elsewhere every change says it, and can
 * say it of single locks only: a change that waits for a row takes two, one after the other.
 *
 * @param timeout the most that a call may take, in milliseconds
 */
export async function connect({ pool, prepared }: PostgresSettings, timeout: number): Promise<Connected> {
  if (!isPool(pool) && prepared) {
    const own = await openOwn(pool, timeout, `-c statement_timeout=${Math.ceil(timeout * 0.8)}`)
    return { database: new PostgresDatabase({ ...own, prepared, limit: timeout }), patience: undefined }
  }
  const own = isPool(pool) ? { pool } : await openOwn(pool, timeout, '')
  const patience = ` AND set_config('lock_timeout', '${Math.ceil(timeout * 0.4)}', true) IS NOT NULL`
  return { database: new PostgresDatabase({ ...own, prepared, limit: timeout }), patience }
}

/** A pool with a connection, under the first kind of TLS that the server will have. */
async function openOwn({ options, tls }: OwnPool, timeout: number, setting: string): Promise<OwnedPool> {
  const { connectionTimeoutMillis: given = 0, options: settings = '' } = options
  const limit = given > 0 ? Math.min(given, timeout) : timeout
  const end = performance.now() + limit
  // What the user sets comes later, and wins.
  const all = { ...options, connectionTimeoutMillis: limit, options: `${setting} ${settings}`.trim() }
  const [ssl, ...others] = tls
  try {
    return await openWith({ ...all, ssl }, end)
  } catch (error) {
    const [other] = others
    if (other === undefined || !isAboutTls(error)) throw error
    return await openWith({ ...all, ssl: other }, end)
  }
}

async function openWith(options: PoolConfig, end: number): Promise<OwnedPool> {
  const own = openPool(options)
  try {
    const client = await inTime(own.pool.connect(), end - performance.now(), late => late.release(true))
    client.release()
    return own
  } catch (error) {
    await own.close()
    throw error
  }
}
