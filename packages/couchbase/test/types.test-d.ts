/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import '@sess/couchbase'
import { connect } from 'couchbase'

interface User {
  username: string
}

export async function configs(): Promise<void> {
  await newManager('couchbase', { providerConfig: 'http://bucketname:bucketpass@myserver:8091' })
  await newManager('couchbase', {
    providerConfig: {
      connectionString: 'couchbases://cb.example.cloud.couchbase.com',
      username: 'app',
      password: 'secret',
      bucket: 'sessions',
      durability: 'majority',
      options: { security: { trustStorePath: './ca.pem' } },
    },
  })
  const cluster = await connect('couchbase://db1.local')
  const bucket = cluster.bucket('app')
  await newManager('couchbase', { providerConfig: { client: cluster, bucket: 'app' } })
  await newManager('couchbase', { providerConfig: bucket })
  const manager = await newManager<User>('couchbase', {
    providerConfig: bucket.scope('web').collection('sessions'),
  })
  const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt option
  await newManager('couchbase', { providerConfig: { conectionString: 'couchbase://db1.local' } })
  // @ts-expect-error no durability of Couchbase's
  await newManager('couchbase', { providerConfig: { client: bucket, durability: 'all' } })
  // @ts-expect-error no config of this engine
  await newManager('couchbase', { providerConfig: 5 })
  console.log(username)
}
