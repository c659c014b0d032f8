import { newManager } from '@sess/core'
import { CouchbaseStore } from '@sess/couchbase'
import { connect } from 'couchbase'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  ADMIN,
  CouchbaseDouble,
  type DoubleOptions,
  PASSWORD,
  READER,
  USER,
  WRITER,
} from './support/couchbase-double.ts'

async function startDouble(options?: DoubleOptions): Promise<CouchbaseDouble> {
  const double = await CouchbaseDouble.start(options)
  onTestFinished(() => double.stop())
  return double
}

describe('at the start', () => {
  const start = async (config: string, timeout = 2000) => {
    const begin = performance.now()
    const error = await CouchbaseStore.open(config, { clock: Date, timeout }).catch(error => error)
    await error.close?.()
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

  it.each(['', 'scope=web&collection=live', 'collection=live'])(
    'says that a bucket may be missing to a user with rights on all buckets, whom the server does not tell: %j',
    async parameters => {
      const double = await startDouble()
      const url = double.url(parameters, double.port, ADMIN).replace('/sessions', '/nothing')
      const { code, message, cause, took } = await start(url, 1000)
      expect([code, cause]).toEqual(['ERR_BACKEND', 'UnambiguousTimeoutError'])
      expect(message).toMatch(
        /^The bucket 'nothing' of Couchbase has not answered in time\. It may not exist: /,
      )
      expect(took).toBeLessThan(2000)
      double.addBucket('nothing')
      await expect(start(double.url('', double.port, ADMIN))).resolves.toMatchObject({ code: undefined })
    },
  )

  it('names the role that is missing: a user who may read alone, and one who may write alone', async () => {
    const double = await startDouble()
    double.bucket()?.addCollection('web', 'live')
    for (const [parameters, path] of [
      ['', 'sessions._default._default'],
      ['scope=web&collection=live', 'sessions.web.live'],
    ] as const) {
      const reader = await start(double.url(parameters, double.port, READER))
      expect(reader).toMatchObject({ code: 'ERR_CONFIG', cause: 'AuthenticationFailureError' })
      expect(reader.message).toMatch(
        `this user may read '${path}' but not write it; it needs the role Data Writer`,
      )
      const writer = await start(double.url(parameters, double.port, WRITER))
      expect(writer).toMatchObject({ code: 'ERR_CONFIG', cause: 'AuthenticationFailureError' })
      expect(writer.message).toMatch(
        `this user may not read '${path}'; it needs the roles Data Reader and Data`,
      )
    }
    expect([...double.documents().entries()]).toEqual([])
  })

  it('tells of a client too that its user may not write', async () => {
    const double = await startDouble()
    const cluster = await connect(`couchbase://127.0.0.1:${double.port}`, {
      username: READER,
      password: PASSWORD,
    })
    onTestFinished(async () => void (await cluster.close()))
    await expect(
      CouchbaseStore.open(cluster.bucket('sessions'), { clock: Date, timeout: 2000 }),
    ).rejects.toMatchObject({ code: 'ERR_CONFIG' })
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
    const { content } = await collection.get('sess:id:a')
    expect(content).toMatchObject({ type: 'session' })
    expect([...double.documents('web', 'live').entries()].map(([key]) => key)).toEqual(['sess:id:a'])
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
