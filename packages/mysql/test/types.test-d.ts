/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import mysql2, { type PoolOptions } from 'mysql2'
import mysql2Promise from 'mysql2/promise'
import '@sess/mysql'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('mysql', { providerConfig: 'user:password@tcp(127.0.0.1:3306)/app' })
  await newManager('mysql', { providerConfig: mysql2.createPool('mysql://localhost/app') })
  await newManager('mysql', { providerConfig: mysql2Promise.createPool('mysql://localhost/app') })
  await newManager('mysql', { providerConfig: { client: mysql2.createPool({}), prepared: false } })
  await newManager('mysql', { providerConfig: { client: mysql2Promise.createPool({}) } })
  await newManager('mysql', { providerConfig: { client: mysql2.createPoolCluster().of('*') } })
  const options: PoolOptions = { host: 'localhost', ssl: { ca: '' }, typeCast: (_, next) => next() }
  await newManager('mysql', { providerConfig: { ...options, tableName: 'app.session', createTable: true } })
  const manager = await newManager<User>('mysql', { providerConfig: { uri: 'mysql://localhost/app' } })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  // @ts-expect-error a misspelt option
  await newManager('mysql', { providerConfig: { hots: 'localhost' } })
  // @ts-expect-error a misspelt option
  await newManager<User>('mysql', { providerConfig: { hots: 'localhost' } })
  // @ts-expect-error no config of this engine
  await newManager('mysql', { providerConfig: 5 })
  // @ts-expect-error a connection is no pool
  await newManager('mysql', { providerConfig: { client: mysql2.createConnection({}) } })
  console.log(username)
}
