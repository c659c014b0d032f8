import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

const PgStore = connectPgSimple(session)

export const contender: Contender = async ({ service, prefix: schemaName, data }) => {
  const pool = new pg.Pool({ connectionString: service })
  // Its table's key is called session_pkey whatever the table is called: a schema has one of them.
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${schemaName}`)
  const options = { createTableIfMissing: true, pruneSessionInterval: false } as const
  return onExpressSession(new PgStore({ pool, schemaName, ...options }), data)
}
