import { createHash } from 'node:crypto'
import type { MysqlDatabase, Run } from './mysql-database.ts'
import { needsRepeatableRead } from './mysql-errors.ts'
import type { MysqlTable } from './mysql-table.ts'

/** Rows that are deleted by one statement at most. */
const BATCH = 1000

/** Deletes expired rows, one sweeper at a time for each table of a server. */
export class MysqlSweeper {
  readonly #database: MysqlDatabase
  readonly #table: MysqlTable
  readonly #lock: string

  constructor(database: MysqlDatabase, table: MysqlTable) {
    this.#database = database
    this.#table = table
    // Names of locks have 64 characters at most.
    this.#lock = `sess:${createHash('sha1').update(table.fullName).digest('hex')}`
  }

  /** `now` in units of the table. */
  sweep(now: number, limit: number): Promise<number> {
    return this.#database.together(async run => {
      const { rows } = await run({ text: 'SELECT GET_LOCK(?, 0)' }, [this.#lock])
      if (Number(rows[0]?.[0]) !== 1) return 0
      const swept = this.#table.hasRowLocks
        ? await this.#sweepByKey(run, now, limit)
        : await this.#sweepTable(run, now, limit)
      await run({ text: 'SELECT RELEASE_LOCK(?)' }, [this.#lock])
      return swept
    })
  }

  /** The statement locks the whole table for as long as it takes. */
  async #sweepTable(run: Run, now: number, limit: number): Promise<number> {
    const text = `DELETE FROM ${this.#table.name.quoted} WHERE session_expiry <= ? LIMIT ${Math.trunc(limit)}`
    return (await run({ text }, [now])).affected
  }

  /**
   * A DELETE by a range of the expiry would lock the gaps between rows as well, the one after the last expired
   * row included, where new sessions go. So keys are read, which locks nothing, and deleted by the primary key.
   */
  async #sweepByKey(run: Run, now: number, limit: number): Promise<number> {
    const { name, expiryIndex } = this.#table
    const byIndex = expiryIndex ? ` FORCE INDEX (\`${expiryIndex.replaceAll('`', '``')}\`)` : ''
    let swept = 0
    while (swept < limit) {
      const size = Math.min(BATCH, Math.trunc(limit) - swept)
      const keys = await run(
        { text: `SELECT session_key FROM ${name.quoted}${byIndex} WHERE session_expiry <= ? LIMIT ${size}` },
        [now],
      )
      if (keys.rows.length === 0) break
      const affected = await this.#delete(
        run,
        keys.rows.map(row => String(row[0])),
        now,
      )
      swept += affected
      if (keys.rows.length < size || affected === 0) break
    }
    return swept
  }

  async #delete(run: Run, keys: readonly string[], now: number): Promise<number> {
    const places = Array.from({ length: powerOfTwo(keys.length) }, () => '?').join(', ')
    const { quoted } = this.#table.name
    // Only this form of a DELETE takes an index.
    const text = `DELETE FROM ${quoted} USING ${quoted} FORCE INDEX (PRIMARY) WHERE session_key IN (${places}) AND session_expiry <= ?`
    const values = [...padded(keys), now]
    try {
      // For the one statement that follows. Otherwise the gap at the end of a page is locked now and then.
      await run({ text: 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED' }, [])
      return (await run({ text }, values)).affected
    } catch (error) {
      if (!needsRepeatableRead(error)) throw error
      await run({ text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ' }, [])
      return (await run({ text }, values)).affected
    }
  }
}

/** With the last one repeated up to a power of two, so that there are few different statements to prepare. */
function padded(keys: readonly string[]): string[] {
  const last = keys.at(-1) as string
  return Array.from({ length: powerOfTwo(keys.length) }, (_, i) => keys[i] ?? last)
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least))
}
