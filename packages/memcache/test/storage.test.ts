import { createHash } from 'node:crypto'
import { newManager } from '@sess/core'
import { noService, service } from '@sess/testing'
import { describe, expect, it, onTestFinished } from 'vitest'
import { contentOf, dataOf, inSeconds, newId, newPrefix, openStore, rawOf, urlOf } from './support/scene.ts'

describe.skipIf(await noService('memcached'))('an item', () => {
  it('has the prefix and the storage id for its key, and its expiry before its data', async () => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const providerConfig = { servers: urlOf(await service.memcached()), prefix }
    const manager = await newManager('memcache', { providerConfig, maxLifetime: 60 })
    onTestFinished(() => manager.close())
    const session = await manager.sessionStart(new Request('http://localhost'), new Headers())
    session.set('name', 'astaxie')
    await session.sessionRelease()
    const key = prefix + manager.storageID(session.sessionID())
    expect(await raw.keys(prefix)).toEqual([key])
    const value = (await raw.get(key)) as Buffer
    expect(Math.abs(value.readDoubleBE() - inSeconds(60))).toBeLessThan(5000)
    expect(value.includes('astaxie')).toBe(true)
  })

  it.each([
    'xsnkjklkjjkh27hjh78908',
    '',
    'a b\r\nflush_all\r\n',
    '\ud800',
    'x'.repeat(1000),
    newId().toUpperCase(),
  ])('of the id %j has a key that memcached takes', async id => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const store = await openStore(await service.memcached(), { prefix })
    await store.create(id, dataOf('one'), inSeconds(60))
    const hash = createHash('sha256').update(id, 'utf16le').digest('base64url')
    expect(await raw.keys(prefix)).toEqual([prefix + hash])
    expect(contentOf(await store.load(id))).toBe('one')
  })

  it('is apart from all others, whatever their ids are made of', async () => {
    const store = await openStore(await service.memcached())
    const hash = (encoding: 'hex' | 'base64url') =>
      createHash('sha256').update('id', 'utf16le').digest(encoding)
    const ids = [
      'id',
      'ID',
      'id ',
      hash('hex'),
      hash('base64url'),
      '\ud800',
      '\ud801',
      '\ufffd',
      'é',
      'e\u0301',
    ]
    for (const id of ids) expect(await store.create(id, dataOf(`of ${id}`), inSeconds(60)), id).toBeDefined()
    await store.delete('id')
    for (const id of ids.slice(1)) expect(await store.load(id)).toBeDefined()
  })

  it('of somebody else is no session, and is in nobody’s way', async () => {
    const [raw, prefix] = [await rawOf(await service.memcached()), newPrefix()]
    const store = await openStore(await service.memcached(), { prefix })
    for (const value of ['', 'short', 'a text that is longer than eight bytes']) {
      const id = newId()
      await raw.set(prefix + id, Buffer.from(value))
      // Eight characters are a number as well, and may be a moment in the far future.
      if ((await store.load(id)) === undefined)
        expect(await store.create(id, dataOf('one'), inSeconds(60))).toBeDefined()
    }
  })
})
