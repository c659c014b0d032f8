import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import pg from 'pg'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

const PgStore = connectPgSimple(session)

export const contender: Contender = ({ service, prefix, data }) => {
  const pool = new pg.Pool({ connectionString: service })
  const options = { createTableIfMissing: true, pruneSessionInterval: false } as const
  return onExpressSession(new PgStore({ pool, tableName: prefix, ...options }), data)
}
