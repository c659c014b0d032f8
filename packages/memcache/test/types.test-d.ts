/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/memcache'
import { Client } from 'memjs'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('memcache', { providerConfig: '127.0.0.1:11211;127.0.0.2:11211' })
  await newManager('memcache', {
    providerConfig: { servers: ['127.0.0.1:11211'], username: 'a', password: 'b' },
  })
  const client = Client.create('127.0.0.1:11211')
  await newManager('memcache', { providerConfig: client })
  const manager = await newManager<User>('memcache', { providerConfig: { client, prefix: 'app:' } })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  // @ts-expect-error a misspelt option
  await newManager('memcache', { providerConfig: { server: '127.0.0.1:11211' } })
  // @ts-expect-error no client of memjs
  await newManager('memcache', { providerConfig: { client: new Map() } })
  // @ts-expect-error no config of this engine
  await newManager('memcache', { providerConfig: 5 })
  console.log(username)
}
