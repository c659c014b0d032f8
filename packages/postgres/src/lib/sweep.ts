import type { SqlDatabase, SqlStatement, TableName } from '@sess/sql'

/** With the number of the table, that of the lock of whoever sweeps it. */
const SWEEP_LOCK = 1_936_028_532

/**
 * One statement and so one transaction, whose end gives the lock back: with PgBouncer the next one may have another
 * connection. A row that somebody has locked is left for the next time.
 */
export function sweepStatement({ quoted }: TableName): SqlStatement {
  const table = `'${quoted.replaceAll("'", "''")}'::regclass::oid::integer`
  return {
    text: `WITH turn AS MATERIALIZED (SELECT pg_try_advisory_xact_lock(${SWEEP_LOCK}, ${table}) AS is_mine)
DELETE FROM ${quoted} WHERE session_key = ANY(ARRAY(
  SELECT session_key FROM ${quoted} WHERE session_expiry <= $1 AND (SELECT is_mine FROM turn)
  ORDER BY session_expiry LIMIT $2 FOR UPDATE SKIP LOCKED))`,
    isMaintenance: true,
  }
}

/** Deletes at most `limit` rows that have expired. Gives their number: 0 while somebody else does it. */
export async function sweep(
  database: SqlDatabase,
  statement: SqlStatement,
  now: number,
  limit: number,
): Promise<number> {
  return (await database.run(statement, [now, limit])).affected
}
