/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/postgres'
import type { PostgresConfig, PostgresPool } from '@sess/postgres'
import { Client, Pool } from 'pg'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('postgresql', { providerConfig: 'postgres://u:p@localhost/app?sslmode=verify-full' })
  await newManager<User>('postgresql', {
    providerConfig: { host: 'localhost', max: 5, tableName: 'app.session' },
  })
  const client: PostgresPool = new Pool()
  await newManager('postgresql', { providerConfig: client })
  await newManager('postgresql', { providerConfig: new Pool() })
  await newManager('postgresql', { providerConfig: { client: new Pool(), prepared: false } })
  const config: PostgresConfig = {
    connectionString: 'host=localhost',
    ssl: { ca: '' },
    password: async () => 'p',
  }
  await newManager('postgresql', { providerConfig: config })
  // @ts-expect-error a misspelt option
  await newManager('postgresql', { providerConfig: { hots: 'localhost' } })
  // @ts-expect-error a misspelt option
  await newManager<User>('postgresql', { providerConfig: { host: 'localhost', createTables: true } })
  // @ts-expect-error one connection is no pool
  await newManager('postgresql', { providerConfig: { client: new Client() } })
  // @ts-expect-error no config of this engine
  await newManager('postgresql', { providerConfig: 5 })
}
