/* The double against what kv_engine documents, in raw frames and by the SDK: the other tests are worth what it is. */
import { connect } from 'couchbase'
import { describe, expect, it, onTestFinished } from 'vitest'
import { CouchbaseDouble, type DoubleOptions, PASSWORD, USER } from './support/couchbase-double.ts'
import { Feature, FrameInfo, Opcode, Status } from './support/protocol.ts'
import { extrasOf, RawClient, type RawRequest } from './support/raw-client.ts'

const NONE = Buffer.alloc(0)

async function startDouble(options?: DoubleOptions): Promise<CouchbaseDouble> {
  const double = await CouchbaseDouble.start(options)
  onTestFinished(() => double.stop())
  return double
}

async function openRaw(options?: DoubleOptions): Promise<{ double: CouchbaseDouble; client: RawClient }> {
  const double = await startDouble(options)
  const client = await RawClient.open(double.port)
  onTestFinished(() => client.close())
  return { double, client }
}

async function openSdk(double: CouchbaseDouble, options = {}) {
  const cluster = await connect(`couchbase://127.0.0.1:${double.port}`, {
    username: USER,
    password: PASSWORD,
    timeouts: { bootstrapTimeout: 2000, kvTimeout: 1000 },
    ...options,
  })
  onTestFinished(async () => void (await cluster.close()))
  return cluster.bucket('sessions').defaultCollection()
}

describe('login', () => {
  it('answers nothing but the login before the login, and no document before a bucket', async () => {
    const double = await startDouble()
    const client = await RawClient.connect(double.port)
    onTestFinished(() => client.close())
    await client.hello()
    expect((await client.send(Opcode.saslListMechs)).value.toString()).toContain('SCRAM-SHA512')
    expect((await client.send(Opcode.get, { key: 'a', extras: NONE })).status).toBe(Status.noAccess)
    expect((await client.send(Opcode.selectBucket, { key: 'sessions' })).status).toBe(Status.noAccess)
    expect((await client.logIn('wrong')).status).toBe(Status.authError)
    expect((await client.logIn(PASSWORD)).status).toBe(Status.success)
    expect((await client.send(Opcode.get, { key: 'a', extras: NONE })).status).toBe(Status.noBucket)
    expect((await client.send(Opcode.selectBucket, { key: 'nothing' })).status).toBe(Status.noAccess)
    expect((await client.send(Opcode.selectBucket, { key: 'sessions' })).status).toBe(Status.success)
    expect((await client.send(Opcode.get, { key: 'a', extras: NONE })).status).toBe(Status.notFound)
  })

  it.each(['SCRAM-SHA512', 'SCRAM-SHA256', 'SCRAM-SHA1', 'PLAIN'])(
    'lets the SDK in by %s',
    async mechanism => {
      const double = await startDouble()
      const address = `couchbase://127.0.0.1:${double.port}?sasl_mech_force=${mechanism}`
      const timeouts = { bootstrapTimeout: 2000 }
      const cluster = await connect(address, { username: USER, password: PASSWORD, timeouts })
      await cluster.close()
      await expect(connect(address, { username: USER, password: 'x', timeouts })).rejects.toThrow(
        'authentication',
      )
    },
  )

  it('agrees to the features that it has', async () => {
    const double = await startDouble()
    const client = await RawClient.connect(double.port)
    onTestFinished(() => client.close())
    const { value } = await client.hello([Feature.json, 0x7777, Feature.collections])
    expect([...value]).toEqual([0, Feature.json, 0, Feature.collections])
  })

  it('tells a bucket from the cluster in the configuration', async () => {
    const { client } = await openRaw()
    const config = JSON.parse((await client.send(Opcode.getClusterConfig)).value.toString())
    expect(config).toMatchObject({ name: 'sessions', nodeLocator: 'vbucket' })
    expect(config.vBucketServerMap.vBucketMap).toHaveLength(64)
  })
})

describe('compare-and-swap', () => {
  const write = (key: string, value: string, more: Partial<RawRequest> = {}): RawRequest => ({
    key,
    value,
    extras: extrasOf(0x02000000),
    ...more,
  })

  it('inserts only where nothing is', async () => {
    const { client } = await openRaw()
    const first = await client.send(Opcode.insert, write('a', '1'))
    expect(first.status).toBe(Status.success)
    expect(first.cas).not.toBe(0n)
    expect((await client.send(Opcode.insert, write('a', '2'))).status).toBe(Status.exists)
    expect((await client.send(Opcode.insert, write('b', '2', { cas: 5n }))).status).toBe(Status.invalid)
    expect((await client.send(Opcode.get, { key: 'a', extras: NONE })).value.toString()).toBe('1')
  })

  it.each([
    ['replace', Opcode.replace],
    ['upsert', Opcode.upsert],
  ])('lets %s with a CAS change that very document', async (_, opcode) => {
    const { client } = await openRaw()
    expect((await client.send(opcode, write('a', '1', { cas: 5n }))).status).toBe(Status.notFound)
    const { cas } = await client.send(Opcode.insert, write('a', '1'))
    const changed = await client.send(opcode, write('a', '2', { cas }))
    expect(changed.status).toBe(Status.success)
    expect(changed.cas).toBeGreaterThan(cas)
    expect((await client.send(opcode, write('a', '3', { cas }))).status).toBe(Status.exists)
    const read = await client.send(Opcode.get, { key: 'a', extras: NONE })
    expect([read.value.toString(), read.cas]).toEqual(['2', changed.cas])
    expect(read.extras.readUInt32BE()).toBe(0x02000000)
  })

  it('replaces nothing where nothing is, and upserts there', async () => {
    const { client } = await openRaw()
    expect((await client.send(Opcode.replace, write('a', '1'))).status).toBe(Status.notFound)
    expect((await client.send(Opcode.upsert, write('a', '1'))).status).toBe(Status.success)
  })

  it('removes that very document', async () => {
    const { client } = await openRaw()
    const remove = (cas: bigint) => client.send(Opcode.remove, { key: 'a', extras: NONE, cas })
    expect((await remove(0n)).status).toBe(Status.notFound)
    const { cas } = await client.send(Opcode.insert, write('a', '1'))
    expect((await remove(cas + 1n)).status).toBe(Status.exists)
    expect((await remove(cas)).status).toBe(Status.success)
    expect((await remove(cas)).status).toBe(Status.notFound)
    const again = await client.send(Opcode.insert, write('a', '1'))
    expect(again.cas, 'a CAS does not come back').not.toBe(cas)
  })

  it('keeps a locked document for its CAS', async () => {
    const { client } = await openRaw()
    await client.send(Opcode.insert, write('a', '1'))
    const { cas } = await client.send(Opcode.getAndLock, { key: 'a', extras: Buffer.from([0, 0, 0, 15]) })
    expect((await client.send(Opcode.get, { key: 'a', extras: NONE })).cas).toBe(0xffff_ffff_ffff_ffffn)
    expect((await client.send(Opcode.replace, write('a', '2'))).status).toBe(Status.locked)
    expect((await client.send(Opcode.remove, { key: 'a', extras: NONE })).status).toBe(Status.locked)
    expect((await client.send(Opcode.insert, write('a', '2'))).status).toBe(Status.exists)
    expect((await client.send(Opcode.unlock, { key: 'a', extras: NONE, cas: cas + 1n })).status).toBe(
      Status.locked,
    )
    expect((await client.send(Opcode.replace, write('a', '3', { cas }))).status).toBe(Status.success)
    expect((await client.send(Opcode.replace, write('a', '4'))).status).toBe(Status.success)
  })

  it('takes 20 MiB, and not a byte more', async () => {
    const { client } = await openRaw()
    const most = Buffer.alloc(20 * 1024 * 1024)
    expect((await client.send(Opcode.upsert, { ...write('a', ''), value: most })).status).toBe(Status.success)
    const more = Buffer.alloc(most.length + 1)
    expect((await client.send(Opcode.upsert, { ...write('a', ''), value: more })).status).toBe(Status.tooBig)
    await expect(
      client.send(Opcode.upsert, { ...write('a', ''), value: Buffer.alloc(31e6 + 1e6) }),
    ).rejects.toThrow('hung up')
  })
})

describe('expiry', () => {
  async function openAt(seconds: number) {
    const clock = { now: seconds * 1000 }
    const { client, double } = await openRaw({ now: () => clock.now })
    const insert = (expiry: number) =>
      client.send(Opcode.insert, { key: 'a', value: '1', extras: extrasOf(0, expiry) })
    const has = async () =>
      (await client.send(Opcode.get, { key: 'a', extras: NONE })).status === Status.success
    return { clock, client, double, insert, has }
  }

  it('is relative up to 30 days, and a Unix time beyond', async () => {
    const month = 30 * 86_400
    const { clock, insert, has } = await openAt(1_000_000_000)
    await insert(month)
    clock.now += month * 1000 - 1
    expect(await has()).toBe(true)
    clock.now += 1
    expect(await has()).toBe(false)
    await insert(month + 1)
    expect(await has(), 'in 1970').toBe(false)
    await insert(clock.now / 1000 + month + 1)
    clock.now += month * 1000
    expect(await has()).toBe(true)
    clock.now += 1000
    expect(await has()).toBe(false)
  })

  it('counts in whole seconds of the server', async () => {
    const { clock, insert, has } = await openAt(1_000_000_000)
    clock.now += 900
    await insert(1)
    clock.now += 100
    expect(await has()).toBe(false)
  })

  it('is replaced by a write, unless it is to be preserved, and by a touch, which changes the CAS', async () => {
    const { client, insert } = await openAt(1_000_000_000)
    const expiry = async () =>
      (await client.send(Opcode.getMeta, { key: 'a', extras: NONE })).extras.readUInt32BE(8)
    const { cas } = await insert(100)
    expect(await expiry()).toBe(1_000_000_100)
    const framing = Buffer.from([FrameInfo.preserveExpiry << 4])
    await client.send(Opcode.replace, { key: 'a', value: '2', extras: extrasOf(0, 7), framing })
    expect(await expiry()).toBe(1_000_000_100)
    await client.send(Opcode.replace, { key: 'a', value: '2', extras: extrasOf(0, 7) })
    expect(await expiry()).toBe(1_000_000_007)
    const touched = await client.send(Opcode.touch, { key: 'a', extras: Buffer.from([0, 0, 0, 50]) })
    expect(touched.cas).toBeGreaterThan(cas)
    expect(await expiry()).toBe(1_000_000_050)
    await client.send(Opcode.replace, { key: 'a', value: '3', extras: extrasOf(0) })
    expect(await expiry()).toBe(0)
  })

  it('is cut down to what the bucket allows', async () => {
    const { clock, double, insert, has } = await openAt(1_000_000_000)
    double.documents().maxTtl = 60
    await insert(1000)
    clock.now += 60_000
    expect(await has()).toBe(false)
  })
})

describe('collections', () => {
  it('have ids, and keep their documents apart', async () => {
    const { double, client } = await openRaw()
    ;(double.bucket() as NonNullable<ReturnType<typeof double.bucket>>).addCollection('web', 'sessions')
    const ask = (path: string) => client.send(Opcode.getCollectionId, { value: path })
    expect((await ask('nothing.sessions')).status).toBe(Status.unknownScope)
    expect((await ask('web.nothing')).status).toBe(Status.unknownCollection)
    const { status, extras } = await ask('web.sessions')
    expect(status).toBe(Status.success)
    const collection = extras.readUInt32BE(8)
    expect(collection).toBeGreaterThanOrEqual(8)
    const request = { key: 'a', value: '1', extras: extrasOf(0) }
    expect((await client.send(Opcode.insert, { ...request, collection })).status).toBe(Status.success)
    expect((await client.send(Opcode.insert, request)).status).toBe(Status.success)
    expect((await client.send(Opcode.insert, { ...request, collection: 99 })).status).toBe(
      Status.unknownCollection,
    )
  })
})

describe('for the SDK', () => {
  it('is a server', async () => {
    const collection = await openSdk(await startDouble())
    const { cas } = await collection.insert('a', { n: 1 }, { expiry: 100 })
    expect((await collection.get('a')).content).toEqual({ n: 1 })
    await expect(collection.insert('a', {})).rejects.toThrow('document exists')
    const next = await collection.replace('a', { n: 2 }, { cas })
    await expect(collection.replace('a', { n: 3 }, { cas })).rejects.toThrow('cas mismatch')
    await expect(collection.remove('a', { cas })).rejects.toThrow('cas mismatch')
    expect((await collection.exists('a')).exists).toBe(true)
    await collection.remove('a', { cas: next.cas })
    await expect(collection.get('a')).rejects.toThrow('document not found')
  })

  it('can have too few nodes for durability, or be unsure', async () => {
    const double = await startDouble()
    const collection = await openSdk(double)
    double.faults.add(Opcode.insert, { refuse: Status.durabilityImpossible })
    await expect(collection.insert('a', 1, { durabilityLevel: 1 })).rejects.toThrow('durability impossible')
    await expect(collection.get('a')).rejects.toThrow('not found')
    double.faults.add(Opcode.insert, { misreport: Status.syncWriteAmbiguous })
    await expect(collection.insert('a', 1, { durabilityLevel: 1 })).rejects.toThrow('durability ambiguous')
    expect((await collection.get('a')).content).toBe(1)
    expect(double.seen.map(({ durability }) => durability)).toEqual([1, 0, 1, 0])
  })
})
