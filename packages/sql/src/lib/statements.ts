import { REVISION_BYTES, TOMBSTONE_BYTES } from '@sess/core/engine'
import type { SqlStatement } from './database.ts'
import type { SqlDialect } from './dialect.ts'

/** Every statement of a request, with the values that it takes, in that order. */
export interface Statements {
  /** key; expired rows, too: it is cheaper to look at what comes back than to send the time */
  readonly load: SqlStatement
  /** key, data, expiry */
  readonly insert: SqlStatement
  /** data, expiry, key, now */
  readonly replaceExpired: SqlStatement
  /** data, expiry, key, now, revision */
  readonly swap: SqlStatement
  /** expiry, key, now, revision */
  readonly extend: SqlStatement
  /** key, now */
  readonly delete: SqlStatement
  /** key, now, revision */
  readonly deleteRevision: SqlStatement
  /** now */
  readonly count: SqlStatement
}

/*
 * The time always comes from the engine's clock, as a number: no time zone, neither the server's nor a
 * session's, has a say in it. Live is what expires after now, and only live rows are swapped or deleted.
 */
export function statementsFor(dialect: SqlDialect, table: string): Statements {
  const ofLive = 'session_key = ? AND session_expiry > ?'
  const ofRevision = `${ofLive} AND substr(session_data, 1, ${REVISION_BYTES}) = ?`
  const statement = (text: string): SqlStatement => {
    let position = 0
    const whole = text.replace(/\?/g, () => dialect.placeholder(++position))
    return { text: whole.replace('{table}', () => table).trimEnd() }
  }
  const change = (text: string): SqlStatement => statement(text + (dialect.patience ?? ''))
  return {
    load: statement(`SELECT session_data, session_expiry FROM {table} WHERE session_key = ?`),
    insert: statement(
      `INSERT INTO {table} (session_key, session_data, session_expiry) VALUES (?, ?, ?) ${dialect.unlessTaken}`,
    ),
    replaceExpired: change(
      'UPDATE {table} SET session_data = ?, session_expiry = ? WHERE session_key = ? AND session_expiry <= ?',
    ),
    swap: change(`UPDATE {table} SET session_data = ?, session_expiry = ? WHERE ${ofRevision}`),
    extend: change(`UPDATE {table} SET session_expiry = ? WHERE ${ofRevision}`),
    delete: change(`DELETE FROM {table} WHERE ${ofLive}`),
    deleteRevision: change(`DELETE FROM {table} WHERE ${ofRevision}`),
    count: {
      ...statement(
        `SELECT COUNT(*) FROM {table} WHERE session_expiry > ? AND octet_length(session_data) > ${TOMBSTONE_BYTES}`,
      ),
      isMaintenance: true,
    },
  }
}
