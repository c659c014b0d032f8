import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { CouchbaseStore } from '@sess/couchbase'
import { connect } from 'couchbase'
import { describe, expect, it, onTestFinished } from 'vitest'
import { readConfig } from '../src/lib/couchbase-config.ts'
import { CouchbaseDouble, type DoubleOptions, PASSWORD, USER } from './support/couchbase-double.ts'

async function startDouble(options?: DoubleOptions): Promise<CouchbaseDouble> {
  const double = await CouchbaseDouble.start(options)
  onTestFinished(() => double.stop())
  return double
}

/** What is connected, as whom, and where the documents are. */
function summary(config: unknown): unknown[] {
  const { source, bucket, scope, collection } = readConfig(config)
  if ('client' in source) return [source.client, bucket, scope, collection]
  const { username, password } = source.options
  return [source.connectionString, username, password, bucket, `${scope}.${collection}`]
}

const fields = { username: 'app', password: 'secret', bucket: 'sessions' }

it.each([
  [
    'http://bucketname:bucketpass@myserver:8091',
    ['couchbase://myserver', 'bucketname', 'bucketpass', 'bucketname', '_default._default'],
  ],
  [
    'http://bucketname:bucketpass@myserver',
    ['couchbase://myserver', 'bucketname', 'bucketpass', 'bucketname'],
  ],
  ['http://b:p%40ss%2F@myserver:8091/', ['couchbase://myserver', 'b', 'p@ss/', 'b']],
  ['http://b:p@ss@myserver:8091', ['couchbase://myserver', 'b', 'p@ss', 'b']],
  ['https://b:p@myserver:18091', ['couchbases://myserver', 'b', 'p', 'b']],
  ['http://b:p@[::1]:8091', ['couchbase://[::1]', 'b', 'p', 'b']],
  ['http://app:secret@host:8091/,default,sessions', ['couchbase://host', 'app', 'secret', 'sessions']],
  ['http://app:secret@host:8091/, default, sessions', ['couchbase://host', 'app', 'secret', 'sessions']],
  [
    '{ "save_path": "http://app:secret@host:8091/", "pool": "default", "bucket": "sessions" }',
    ['couchbase://host', 'app', 'secret', 'sessions'],
  ],
  ['couchbase://app:secret@db1.local/sessions', ['couchbase://db1.local', 'app', 'secret', 'sessions']],
  [
    'couchbases://app:p%25%3F@db1:11207,db2/sessions?scope=web&collection=live&network=external&durability=majority',
    ['couchbases://db1:11207,db2?network=external', 'app', 'p%?', 'sessions', 'web.live'],
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, scope: 'web', collection: 'live' },
    ['couchbase://db1', 'app', 'secret', 'sessions', 'web.live'],
  ],
  [
    { connectionString: 'couchbase://a:b@db1/x?collection=y', ...fields },
    ['couchbase://db1', 'app', 'secret', 'sessions', '_default.y'],
  ],
  [
    {
      connectionString: 'couchbase://db1',
      bucket: 'sessions',
      options: { username: 'app', password: 'secret' },
    },
    ['couchbase://db1', 'app', 'secret', 'sessions'],
  ],
  [
    JSON.stringify({ connectionString: 'couchbase://db1', ...fields }),
    ['couchbase://db1', 'app', 'secret', 'sessions'],
  ],
])('understands %j', (config, expected) => {
  expect(summary(config).slice(0, expected.length)).toEqual(expected)
})

it.each([
  [
    undefined,
    /must be a connection string, e\.g\. 'couchbase:\/\/app:secret@db1\.local\/sessions', or an object/,
  ],
  ['', /must be a connection string/],
  [5, /must be a connection string/],
  [['couchbase://db1'], /must be a connection string/],
  ['127.0.0.1:11210', /not of the form 'couchbase:\/\/app:secret@/],
  ['couchbase2://app:pass-word@db1/sessions', /not of the form/],
  ['couchbase://app:pass-word@db1', /'bucket' is missing: name it, as in 'couchbase:/],
  ['couchbase://db1/sessions', /no credentials; put them as in 'couchbase:/],
  ['couchbase://app@db1/sessions', /'password' is missing; put it as in 'couchbase:/],
  ['couchbase://app:pass-word%@db1/sessions', /'%' in user, password or bucket has to be written as '%25'/],
  ['couchbase://app:pass-word@db1/sessions?durability=all', /'durability' must be one of none, majority, /],
  ['http://app:pass-word@host:9000', /port 9000 .* 'couchbase:\/\/user:password@host\/app'/],
  ['https://app:pass-word@host:8091', /port 8091 .*\(18091\).* 'couchbases:\/\/user:password@host\/app'/],
  ['http://host:8091/,default,sessions', /no credentials, .* 'couchbase:\/\/app:secret@host\/sessions'/],
  [
    '{"save_path":"http://host:8091/","pool":"default","bucket":"x"}',
    /no credentials, .*app:secret@host\/x'/,
  ],
  ['{"save_path":"http://a:b@host:8091/","pol":"default"}', /unknown field 'pol' beside 'save_path'/],
  ['http://app:pass-word@host:8091,other,sessions', /no pool 'other'; Couchbase has one pool, 'default'/],
  ['http://app:pass-word@host:8091/pools', /is 'http:\/\/bucketname:bucketpass@myserver:8091'/],
  ['{"connectionString"', /starts as JSON, but is none/],
  [{ connectionstring: 'couchbase://db1' }, /unknown field 'connectionstring'/],
  [fields, /'connectionString' is missing/],
  [{ connectionString: 5, ...fields }, /'connectionString' must be a text/],
  [
    { connectionString: 'couchbase://db1', ...fields, bucket: '' },
    /'bucket' must be a text that is not empty/,
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, prefix: 5 },
    /'prefix' must be a text of at most 100 bytes/,
  ],
  [
    { connectionString: 'couchbase://db1', ...fields, prefix: 'x'.repeat(101) },
    /'prefix' must be a text of at most/,
  ],
  [{ connectionString: 'couchbase://db1', ...fields, durability: 1 }, /'durability' must be one of/],
  [
    { connectionString: 'couchbase://db1', ...fields, options: 'x' },
    /'options' must be those of the SDK's connect/,
  ],
  [{ connectionString: 'couchbase://db1', ...fields, scope: 'web' }, /'scope' needs a 'collection', e\.g\./],
  [{ client: {} }, /'client' must be a cluster, bucket or collection/],
])('says what is wrong with %j', async (config, message) => {
  const error = await newManager('couchbase', { providerConfig: config as string }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG')).toBe(true)
  expect(error.message).toMatch(/^providerConfig of the couchbase engine/)
  expect(error.message).toMatch(message)
  expect(error.message).not.toContain('pass-word')
})

describe('at the start', () => {
  const start = async (config: string, timeout = 2000) => {
    const begin = performance.now()
    const error = await CouchbaseStore.open(config, { clock: Date, timeout }).catch(error => error)
    return {
      code: error.code,
      message: error.message,
      cause: error.cause?.name,
      took: performance.now() - begin,
    }
  }

  it('refuses a wrong password', async () => {
    const double = await startDouble()
    const { code, message, took } = await start(double.url().replace(/:[^:@]*@/, ':pass-word@'))
    expect(code).toBe('ERR_CONFIG')
    expect(message).toMatch(
      `couchbase://127.0.0.1:${double.port} refuses the login; check 'username' and 'password'`,
    )
    expect(message).not.toContain('pass-word')
    expect(took).toBeLessThan(1000)
  })

  it('says that nobody answers', async () => {
    const { code, message, cause, took } = await start('couchbase://app:pass-word@127.0.0.1:1/sessions', 600)
    expect([code, cause]).toEqual(['ERR_BACKEND', 'UnambiguousTimeoutError'])
    expect(message).toMatch('Couchbase at couchbase://127.0.0.1:1 did not answer within 600 ms')
    expect(took).toBeLessThan(1500)
  })

  it('says that a server accepts and does not answer', async () => {
    const double = await startDouble()
    double.pause()
    const { code, took } = await start(double.url(), 600)
    expect(code).toBe('ERR_BACKEND')
    expect(took).toBeLessThan(1500)
    expect(double.connections).toBe(1)
  })

  it('names the bucket that is missing', async () => {
    const double = await startDouble()
    const { code, message, took } = await start(double.url().replace('/sessions', '/nothing'))
    expect(code).toBe('ERR_CONFIG')
    expect(message).toMatch("there is no bucket 'nothing', or this user may not open it")
    expect(took).toBeLessThan(1800)
  })

  it.each([
    [
      'scope=web&collection=live',
      'sessions.web.live',
      'CREATE SCOPE `sessions`.`web` IF NOT EXISTS; CREATE COLLECTION',
    ],
    [
      'collection=live',
      'sessions._default.live',
      'CREATE COLLECTION `sessions`.`_default`.`live` IF NOT EXISTS',
    ],
  ])('names what is missing of %s, and how to make it', async (parameters, path, statement) => {
    const double = await startDouble()
    const { code, message, took } = await start(double.url(parameters))
    expect(code).toBe('ERR_CONFIG')
    expect(message).toMatch(`there is no collection '${path}'; make it with ${statement}`)
    expect(took).toBeLessThan(2500)
  })

  it('waits for a collection that is being made', async () => {
    const double = await startDouble()
    const opening = CouchbaseStore.open(double.url('collection=live'), { clock: Date, timeout: 4000 })
    setTimeout(() => double.bucket()?.addCollection('_default', 'live'), 300)
    await (await opening).close()
  })

  it('leaves no connection behind when it fails', async () => {
    const double = await startDouble()
    for (const config of [double.url('collection=no'), double.url().replace('/sessions', '/nothing')])
      await start(config)
    await expect.poll(() => double.sockets.size).toBe(0)
  })
})

describe('connections', () => {
  it('are one cluster for a manager, and gone when it is closed', async () => {
    const double = await startDouble()
    const manager = await newManager('couchbase', { providerConfig: double.url() })
    const { connections } = double
    for (let i = 0; i < 20; i++) {
      const session = await manager.sessionStart(new Request('http://localhost/'), new Headers())
      session.set('i', i)
      await session.sessionRelease()
    }
    expect(double.connections).toBe(connections)
    // One of the cluster, one of the bucket.
    expect(connections).toBe(2)
    await Promise.all([manager.close(), manager.close()])
    await expect.poll(() => double.sockets.size).toBe(0)
  })

  it('are closed once, and a closed store says so', async () => {
    const double = await startDouble()
    const store = await CouchbaseStore.open(double.url(), { clock: Date })
    await Promise.all([store.close(), store.close()])
    const closed = { code: 'ERR_CLOSED' }
    await expect(store.load('a')).rejects.toMatchObject(closed)
    await expect(store.create('a', new Uint8Array(20), 1)).rejects.toMatchObject(closed)
    await expect(store.update('a', new Uint8Array(20), 1, {})).rejects.toMatchObject(closed)
    await expect(store.delete('a')).rejects.toMatchObject(closed)
    await expect(store.count(0)).rejects.toMatchObject(closed)
  })

  it('go where the default port is when the config is as the original has it', async context => {
    let double: CouchbaseDouble
    try {
      double = await startDouble({ port: 11210 })
    } catch {
      return context.skip('port 11210 is taken on this machine')
    }
    double.addBucket(USER)
    const manager = await newManager('couchbase', {
      providerConfig: `http://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:8091`,
    })
    await manager.ping()
    await manager.close()
    expect(double.seen.length).toBeGreaterThan(0)
  })
})

describe('a client of the SDK', () => {
  it.each(['cluster', 'bucket', 'collection'])('is taken as it is: a %s, which stays open', async what => {
    const double = await startDouble()
    double.bucket()?.addCollection('web', 'live')
    const cluster = await connect(`couchbase://127.0.0.1:${double.port}`, {
      username: USER,
      password: PASSWORD,
    })
    onTestFinished(async () => void (await cluster.close()))
    const collection = cluster.bucket('sessions').scope('web').collection('live')
    const configs = {
      cluster: { client: cluster, bucket: 'sessions', scope: 'web', collection: 'live' },
      bucket: { client: cluster.bucket('sessions'), scope: 'web', collection: 'live' },
      collection,
    }
    const config = configs[what as keyof typeof configs]
    const store = await CouchbaseStore.open(config, { clock: Date })
    expect(await store.create('a', Buffer.from('some session data'), Date.now() + 60_000)).toBeDefined()
    expect(await store.count(Date.now())).toBe(1)
    await store.close()
    const { content } = await collection.get('sess:a')
    expect(content).toMatchObject({ type: 'session' })
    expect([...double.documents('web', 'live').entries()].map(([key]) => key)).toEqual(['sess:a'])
  })

  it('needs what it does not say, and refuses what it says', async () => {
    const double = await startDouble()
    const cluster = await connect(`couchbase://127.0.0.1:${double.port}`, {
      username: USER,
      password: PASSWORD,
    })
    onTestFinished(async () => void (await cluster.close()))
    const collection = cluster.bucket('sessions').defaultCollection()
    const open = (config: object) => CouchbaseStore.open(config, { clock: Date })
    await expect(open(cluster)).rejects.toThrow(
      /a cluster needs a 'bucket', e\.g\. \{ client: cluster, bucket:/,
    )
    await expect(open({ client: collection, scope: 'web' })).rejects.toThrow(
      /'scope' is that of the 'client'/,
    )
    await expect(open({ client: cluster.bucket('sessions'), bucket: 'x' })).rejects.toThrow(
      /'bucket' is that of/,
    )
    await expect(open({ client: collection, password: 'x' })).rejects.toThrow(
      /'password' has no meaning beside/,
    )
    const missing = cluster.bucket('sessions').scope('no').collection('thing')
    await expect(CouchbaseStore.open(missing, { clock: Date, timeout: 1500 })).rejects.toThrow(
      /no collection 'sessions\.no\.thing'/,
    )
  })
})
