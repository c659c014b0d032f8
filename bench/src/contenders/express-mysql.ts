import expressMysqlSession from 'express-mysql-session'
import session from 'express-session'
import type { Contender } from '../contender.ts'
import { onExpressSession } from '../on-express-session.ts'

const MySQLStore = expressMysqlSession(session)

export const contender: Contender = async ({ service, prefix, data }) => {
  const { hostname: host, port, username: user, password, pathname } = new URL(service)
  const address = { host, port: Number(port), user, password, database: pathname.slice(1) }
  const store = new MySQLStore({ ...address, clearExpired: false, schema: { tableName: prefix } })
  await store.onReady()
  return onExpressSession(store, data)
}
