import { newManager } from '@sess/core'
import { TOMBSTONE_BYTES } from '@sess/core/engine'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { CouchbaseDouble } from './support/couchbase-double.ts'
import type { Document } from './support/documents.ts'
import { Opcode } from './support/protocol.ts'
import { contentOf, dataOf, newId, newWorkplace } from './support/workplace.ts'

function documentOf(double: CouchbaseDouble, key: string): Document & { json: Record<string, unknown> } {
  const { document } = double.documents().get(key)
  if (document === undefined) throw new Error(`nothing is stored under ${key}`)
  return { ...document, json: JSON.parse(document.value.toString()) }
}

describe('a document', () => {
  it('is JSON that every service can read', async () => {
    const { store, double, clock, in: inSeconds } = await newWorkplace()
    const data = dataOf('name=astaxie')
    await store.create('xsnkjklkjjkh27hjh78908', data, inSeconds(60))
    const { json, flags, datatype } = documentOf(double, 'sess:id:xsnkjklkjjkh27hjh78908')
    expect(json).toEqual({ type: 'session', expiresAt: clock.now() + 60_000, data: data.toString('base64') })
    // The common flags of every SDK for JSON, and the data type of the protocol.
    expect([flags >>> 24, datatype]).toEqual([2, 1])
  })

  it('has the prefix that is set', async () => {
    const { store, double, in: inSeconds } = await newWorkplace({ prefix: 'app1::' })
    await store.create('ab', dataOf(''), inSeconds(60))
    expect([...double.documents().entries()].map(([key]) => key)).toEqual(['app1::ab'])
  })

  it('is no session once its id is retired', async () => {
    const { store, double, in: inSeconds } = await newWorkplace()
    const token = await store.create('ab', dataOf('a session'), inSeconds(60))
    await store.update('ab', new Uint8Array(TOMBSTONE_BYTES), inSeconds(60), token)
    expect(documentOf(double, 'sess:id:ab').json.type).toBe('retired')
  })

  it('is removed by Couchbase when it has expired, and not before', async () => {
    const { store, double, clock, in: inSeconds } = await newWorkplace()
    await store.create('ab', dataOf(''), inSeconds(60))
    clock.advance(59_999)
    expect(await store.load('ab')).toBeDefined()
    clock.advance(1)
    expect(await store.load('ab')).toBeUndefined()
    clock.advance(2000)
    expect([...double.documents().entries()]).toEqual([])
  })

  it('gives way to a session when it is another application’s, or damaged', async () => {
    const { store, double, in: inSeconds } = await newWorkplace()
    for (const foreign of ['{"some":"document"}', '"text"', 'null', '[1]', '{"type":"session"', '']) {
      await store.delete('ab')
      await store.create('ab', dataOf(''), inSeconds(60))
      double.documents().tamper('sess:id:ab', () => Buffer.from(foreign))
      expect(await store.load('ab')).toBeUndefined()
      expect(await store.create('ab', dataOf('mine'), inSeconds(60))).toBeDefined()
      expect(contentOf(await store.load('ab'))).toBe('mine')
    }
  })
})

it('leaves a document of another kind under a key of a session, and does not count it', async () => {
  const { store, double, clock, in: inSeconds } = await newWorkplace()
  await store.create('mine', dataOf('a session of ours'), inSeconds(60))
  const later = inSeconds(60)
  const foreign = [
    '{"cookie":{"maxAge":60000},"user":"x"}',
    `{"type":"login","expiresAt":${later},"data":"AAAA"}`,
    `{"type":"session","expiresAt":"${later}","data":"AAAA"}`,
    '[1]',
  ]
  for (const text of foreign) {
    await store.create('ab', dataOf('to be changed'), inSeconds(60))
    double.documents().tamper('sess:id:ab', () => Buffer.from(text))
    expect(await store.load('ab')).toBeUndefined()
    expect(await store.delete('ab')).toBe(false)
    expect(await store.count(clock.now())).toBe(1)
    expect(documentOf(double, 'sess:id:ab').json).toEqual(JSON.parse(text))
  }
})

describe('its expiry', () => {
  const expiryOf = async (seconds: number) => {
    const { store, double, in: inSeconds } = await newWorkplace({ now: Date.now })
    await store.create('ab', dataOf(''), inSeconds(seconds))
    const [insert] = double.takeSeen()
    return insert?.extras.readUInt32BE(4) as number
  }
  const month = 30 * 86_400

  it('is relative, in whole seconds, and never early', async () => {
    expect(await expiryOf(0.001)).toBe(2)
    expect(await expiryOf(60)).toBe(61)
    expect(await expiryOf(-5)).toBe(1)
    expect(await expiryOf(month - 2)).toBe(month - 1)
  })

  it.each([month, 31 * 86_400, 10 * 365 * 86_400])('is a Unix time for %i seconds', async seconds => {
    const moment = await expiryOf(seconds)
    expect(moment - Date.now() / 1000).toBeGreaterThan(seconds - 2)
    expect(moment - Date.now() / 1000).toBeLessThan(seconds + 2)
  })

  it('is at most what the SDK takes without complaint', async () => {
    const warn = vi.spyOn(process, 'emitWarning')
    onTestFinished(() => warn.mockRestore())
    const moment = await expiryOf(200 * 365 * 86_400)
    expect(moment).toBeGreaterThan(Date.now() / 1000 + 49 * 365 * 86_400)
    expect(warn).not.toHaveBeenCalled()
  })

  it('is renewed with every write', async () => {
    const { store, double, in: inSeconds } = await newWorkplace()
    const token = await store.create('ab', dataOf(''), inSeconds(60))
    await store.update('ab', dataOf(''), inSeconds(500), token)
    expect(double.takeSeen().map(({ extras }) => extras.readUInt32BE(4))).toEqual([61, 501])
  })
})

describe('ids', () => {
  it.each([['' as string], ['\ud800'], ['x'.repeat(238)], ['é'.repeat(119)], [5 as unknown as string]])(
    'are refused that Couchbase could not keep apart: %j',
    async id => {
      const { store, double } = await newWorkplace()
      const refused = { code: 'ERR_INVALID_ID' }
      await expect(store.load(id)).rejects.toMatchObject(refused)
      await expect(store.create(id, dataOf(''), 1)).rejects.toMatchObject(refused)
      await expect(store.delete(id)).rejects.toMatchObject(refused)
      expect(double.takeSeen()).toEqual([])
    },
  )

  it.each([['x'.repeat(237)], ['a b/c:d%'], ['日本語'], ['../../etc'], ['\0']])('may be %j', async id => {
    const { store, in: inSeconds } = await newWorkplace()
    await store.create(id, dataOf('here'), inSeconds(60))
    await store.create(`${id.slice(0, -1)}!`, dataOf('elsewhere'), inSeconds(60))
    expect(contentOf(await store.load(id))).toBe('here')
  })
})

describe('round trips', () => {
  it('are one each, and two more when something expired is in the way', async () => {
    const { store, double, clock, in: inSeconds } = await newWorkplace({ now: Date.now })
    const seen = () => double.takeSeen().map(({ opcode }) => opcode)
    const token = await store.create('ab', dataOf('1'), inSeconds(60))
    expect(seen()).toEqual([Opcode.insert])
    await store.load('ab')
    expect(seen()).toEqual([Opcode.get])
    const next = await store.update('ab', dataOf('2'), inSeconds(60), token)
    expect(seen()).toEqual([Opcode.replace])
    expect(await store.update('ab', dataOf('3'), inSeconds(60), token)).toBeUndefined()
    expect(seen()).toEqual([Opcode.replace])
    expect(await store.delete('ab', next)).toBe(true)
    expect(seen()).toEqual([Opcode.remove])
    const expired = await store.create('ab', dataOf('4'), inSeconds(60))
    clock.advance(60_000)
    seen()
    expect(await store.update('ab', dataOf('5'), inSeconds(60), expired)).toBeUndefined()
    expect(await store.delete('ab', expired)).toBe(false)
    expect(seen(), 'nothing needs to be asked').toEqual([])
    expect(await store.create('ab', dataOf('5'), inSeconds(60))).toBeDefined()
    expect(seen()).toEqual([Opcode.insert, Opcode.get, Opcode.replace])
  })
})

it('says of no expired session that it ended it, though Couchbase has it still', async () => {
  const { store, double, clock, in: inSeconds } = await newWorkplace({ now: Date.now })
  await store.create('ab', dataOf(''), inSeconds(60))
  clock.advance(60_000)
  expect(await store.delete('ab')).toBe(false)
  expect([...double.documents().entries()]).toEqual([])
})

it('lets the bucket’s own limit end sessions early, which is the bucket’s to say', async () => {
  const { store, double, clock, in: inSeconds } = await newWorkplace()
  double.documents().maxTtl = 60
  await store.create('ab', dataOf(''), inSeconds(3600))
  clock.advance(61_000)
  expect(await store.load('ab')).toBeUndefined()
})

describe('counting', () => {
  it('asks the query service for what is there now, of this prefix', async () => {
    const { store, double, clock, in: inSeconds } = await newWorkplace({ prefix: 'a:' })
    for (const seconds of [60, 60, 1]) await store.create(newId(), dataOf('x'.repeat(20)), inSeconds(seconds))
    const { CouchbaseStore } = await import('@sess/couchbase')
    const other = await CouchbaseStore.open(double.url('prefix=b:'), { clock })
    onTestFinished(() => other.close())
    await other.create(newId(), dataOf('x'.repeat(20)), inSeconds(60))
    expect([await store.count(clock.now()), await other.count(clock.now())]).toEqual([3, 1])
    clock.advance(1000)
    expect(await store.count(clock.now())).toBe(2)
    expect(double.query?.seen[0]).toMatchObject({
      scan_consistency: 'request_plus',
      readonly: true,
      $low: 'a:',
    })
  })

  it('is ERR_UNSUPPORTED in a cluster without a query service', async () => {
    const { double } = await newWorkplace({ query: false, now: Date.now })
    const manager = await newManager('couchbase', { providerConfig: double.url() })
    onTestFinished(() => manager.close())
    await expect(manager.getActiveSession()).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('no query service'),
    })
  })

  it('says which index it needs', async () => {
    const { store, double } = await newWorkplace()
    const { query } = double
    if (query) query.failure = { code: 4000, msg: 'No index available on keyspace `default`:`sessions`' }
    await expect(store.count(0)).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining(
        'CREATE INDEX sess_expiry ON `sessions`.`_default`.`_default`(expiresAt, META().id) WHERE type = "session"',
      ),
    })
    if (query) query.failure = { code: 5000, msg: 'out of memory' }
    await expect(store.count(0)).rejects.toMatchObject({ name: expect.not.stringMatching('SessionError') })
  })
})
