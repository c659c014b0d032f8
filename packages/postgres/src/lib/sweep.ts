import type { SqlStatement, TableName } from '@sess/sql'

/** With the number of the table, that of the lock of whoever sweeps it. */
const SWEEP_LOCK = 1_936_028_531

/**
 * Deletes at most $2 rows that have expired at $1, by the index on the expiry; none while somebody else does it, and
 * none that somebody has locked. It is one transaction, whose end gives the lock back: with PgBouncer, the next one
 * may have another connection.
 */
export function sweepStatement({ quoted }: TableName): SqlStatement {
  return {
    text: `WITH turn AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock(${SWEEP_LOCK}, to_regclass($3)::oid::integer) AS is_mine
)
DELETE FROM ${quoted} WHERE session_key = ANY(ARRAY(
  SELECT session_key FROM ${quoted} WHERE session_expiry <= $1 AND (SELECT is_mine FROM turn)
  ORDER BY session_expiry LIMIT $2 FOR UPDATE SKIP LOCKED
))`,
    isMaintenance: true,
  }
}
