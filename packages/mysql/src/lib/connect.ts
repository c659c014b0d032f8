import { UnreachableError } from '@sess/sql'
import type { PoolOptions } from 'mysql2'
import type { MysqlSettings, OwnPool } from './mysql-config.ts'
import { MysqlDatabase } from './mysql-database.ts'
import { codeOf } from './mysql-errors.ts'
import { openPool } from './own-pool.ts'

/** The database over the given pool or over one of its own. `timeout` in milliseconds. */
export async function connect(
  { pool, prepared, callLimit }: MysqlSettings,
  timeout: number,
): Promise<MysqlDatabase> {
  const limit = Math.min(timeout, callLimit)
  if ('getConnection' in pool) return new MysqlDatabase({ pool, prepared, limit, isGiven: true })
  const open = (options: PoolOptions) => {
    const own = openPool(options, limit)
    return new MysqlDatabase({ ...own, prepared, limit, greeting: greetingOf(pool, limit) })
  }
  const database = open(pool.options)
  if (!pool.mayBePlain || pool.options.ssl === undefined) return database
  try {
    await database.run({ text: 'DO 0' }, [])
    return database
  } catch (error) {
    await database.close()
    if (!(error instanceof UnreachableError) || codeOf(error.reason) !== 'HANDSHAKE_NO_SSL_SUPPORT')
      throw error
    const { ssl: _, ...plain } = pool.options
    return open(plain)
  }
}

/** Where it is, for messages. */
export function addressOf({ pool }: MysqlSettings): string {
  if ('getConnection' in pool) return 'the given pool'
  const { socketPath, host = 'localhost', port = 3306 } = pool.options
  return socketPath ?? `${host}:${port}`
}

/**
 * Nobody waits for a lock for longer than its caller does, so that nothing is written minutes later, and no
 * statement stays behind on the server. What the user sets comes after it.
 */
function greetingOf({ variables }: OwnPool, limit: number): string {
  const seconds = Math.max(1, Math.floor((limit * 0.8) / 1000))
  return `SET ${[`innodb_lock_wait_timeout=${seconds}`, `lock_wait_timeout=${seconds}`, ...variables].join(', ')}`
}
