/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/redis'
import { Cluster, Redis } from 'ioredis'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('redis', { providerConfig: '127.0.0.1:6379,100,astaxie' })
  await newManager('redis_cluster', { providerConfig: '127.0.0.1:6379;127.0.0.1:6380,100' })
  await newManager('redis_sentinel', { providerConfig: '127.0.0.1:26379,100,,0,mymaster' })
  await newManager('redis', {
    providerConfig: { url: 'rediss://localhost', tls: { ca: '' }, prefix: 'app:' },
  })
  await newManager('redis', {
    providerConfig: { path: '/run/redis.sock', db: 1, connectionName: 'sessions' },
  })
  await newManager('redis', {
    providerConfig: { cluster: { nodes: ['a:6379'], maxRedirections: 4 }, password: 'x' },
  })
  await newManager('redis', {
    providerConfig: { sentinel: { sentinels: [{ host: 'a' }], name: 'main' }, db: 1 },
  })
  await newManager('redis', { providerConfig: new Redis() })
  await newManager('redis_cluster', { providerConfig: new Cluster(['a:6379']) })
  await newManager('redis', { providerConfig: { client: new Redis(), prefix: 'app:' } })
  const manager = await newManager<User>('redis', { providerConfig: { host: 'localhost' } })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  // @ts-expect-error a misspelt option
  await newManager('redis', { providerConfig: { hots: 'localhost' } })
  // @ts-expect-error a misspelt option
  await newManager<User>('redis', { providerConfig: { hots: 'localhost' } })
  // @ts-expect-error an option that is the engine's own business
  await newManager('redis', { providerConfig: { maxRetriesPerRequest: 3 } })
  // @ts-expect-error an option that is the engine's own business
  await newManager('redis', { providerConfig: { cluster: { nodes: ['a:6379'], scaleReads: 'slave' } } })
  // @ts-expect-error no config of this engine
  await newManager('redis', { providerConfig: 5 })
  // @ts-expect-error no client
  await newManager('redis', { providerConfig: { client: {} } })
  console.log(username)
}
