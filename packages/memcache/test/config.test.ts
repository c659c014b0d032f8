import { newManager } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import { MemcacheStore } from '@sess/memcache'
import { noService, service } from '@sess/testing'
import { Client } from 'memjs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { dataOf, inSeconds, newId, openStore, rawOf, urlOf } from './support/scene.ts'

async function errorOf(config: unknown): Promise<Error> {
  const error = await newManager('memcache', { providerConfig: config as string }).catch(error => error)
  expect(isSessionError(error, 'ERR_CONFIG'), String(error)).toBe(true)
  expect(error.message).toMatch(/^providerConfig of the memcache engine/)
  return error
}

const client = Client.create('127.0.0.1:1')

it.each([
  [
    5,
    /must be servers, e\.g\. '10\.0\.0\.1:11211;10\.0\.0\.2:11211', an object, e\.g\. .*, or a client of memjs/,
  ],
  [null, /must be servers/],
  [['127.0.0.1'], /must be servers/],
  [{ server: '127.0.0.1' }, /unknown field 'server'.*\{ servers: '127\.0\.0\.1:11211' \}/],
  [{ retries: 3 }, /unknown field 'retries'/],
  [{ servers: 5 }, /'servers' must be servers, e\.g\./],
  [{ servers: [] }, /'servers' names none, e\.g\./],
  [';', /'servers' names none/],
  ['127.0.0.1:0', /entry 1 of 'servers' must be host:port, e\.g\. '127\.0\.0\.1:11211', or a URL/],
  ['127.0.0.1:11211;127.0.0.1:99999', /entry 2 of 'servers'/],
  ['127.0.0.1:port', /entry 1/],
  ['/var/run/memcached.sock', /entry 1/],
  ['redis://127.0.0.1', /entry 1/],
  ['memcached://127.0.0.1/path', /entry 1/],
  ['memcached://127.0.0.1?timeout=5', /entry 1/],
  ['memcached://app@127.0.0.1', /entry 1/],
  ['memcached://app:%zz@127.0.0.1', /percent-encoded/],
  [{ servers: ['127.0.0.1', 5] }, /entry 2/],
  [{ username: 'app' }, /'username' and 'password' go together, e\.g\./],
  [{ password: 'secret' }, /'username' and 'password' go together/],
  [{ username: '', password: 'secret' }, /'username' must be a text that is not empty/],
  [{ username: 'app', password: 5 }, /'password' must be a text/],
  [{ username: 'app', password: 'a\0b' }, /'password' must be a text/],
  [{ prefix: 'a b' }, /'prefix' must be up to 180 printable ASCII characters without a space, e\.g\./],
  [{ prefix: 'sitzung-für:' }, /'prefix'/],
  [{ prefix: 'x'.repeat(181) }, /'prefix'/],
  [{ prefix: 5 }, /'prefix'/],
  [{ keepAlive: 'yes' }, /'keepAlive' must be true or false/],
  [{ keepAliveDelay: 0 }, /'keepAliveDelay' must be seconds, more than 0/],
  [
    { client: {} },
    /'client' must be a client of memjs, e\.g\. \{ client: Client\.create\('127\.0\.0\.1:11211'\) \}/,
  ],
  [{ client: new Client([]) }, /'client' must be a client of memjs/],
  [{ client, servers: '127.0.0.1' }, /'servers' is for a client of the engine's own/],
])('says what is wrong with %j', async (config, message) => {
  expect((await errorOf(config)).message).toMatch(message)
})

it.each([
  'user:se,cret@127.0.0.1',
  'user:12,se:cret@127.0.0.1',
  'memcached://secret;3:12@127.0.0.1',
  'memcached://user:se/cret@127.0.0.1',
  'memcached://user:secret@127.0.0.1:99999',
])('shows no password of %j', async config => {
  const error = await errorOf(config)
  expect(`${error.message} ${error.stack} ${JSON.stringify(error.cause)}`).not.toMatch(/cret/)
})

describe.skipIf(await noService('memcached'))('servers may be given', () => {
  it.each([
    ['as host:port', (address: string) => address],
    ['as a URL', (address: string) => `memcached://${address}`],
    ['as a URL of another name', (address: string) => `memcache://${address}/`],
    ['with credentials', (address: string) => `memcached://app:se%3Bcret@${address}`],
    ['with credentials as memjs takes them', (address: string) => `app:secret@${address}`],
    ['in a list', (address: string) => ({ servers: [address] })],
    ['by name', (address: string) => address.replace('127.0.0.1', 'localhost')],
    ['with blanks and an end', (address: string) => ` ${address} ; `],
  ])('%s', async (_, configOf) => {
    const store = await MemcacheStore.open(configOf(urlOf(await service.memcached())), { clock: Date })
    onTestFinished(() => store.close())
    expect(await store.load(newId())).toBeUndefined()
  })
})

describe.skipIf(await noService('memcached'))('a store', () => {
  it('writes below sess:id: unless it is told another prefix', async () => {
    const server = await service.memcached()
    const raw = await rawOf(server)
    const id = newId()
    for (const [config, key] of [
      [urlOf(server), `sess:id:${id}`],
      [{ servers: urlOf(server), prefix: '' }, id],
    ] as const) {
      const store = await MemcacheStore.open(config, { clock: Date })
      onTestFinished(() => store.close())
      await store.create(id, dataOf('one'), inSeconds(60))
      expect(await raw.get(key)).toBeDefined()
    }
  })

  it('is closed once, waits for what is under way, and gives an error after that', async () => {
    const store = await openStore(await service.memcached())
    const id = newId()
    const token = await store.create(id, dataOf('one'), inSeconds(60))
    const [updated] = await Promise.all([
      store.update(id, dataOf('two'), inSeconds(60), token),
      store.close(),
      store.close(),
    ])
    expect(updated).toBeDefined()
    const closed = { code: 'ERR_CLOSED' }
    await expect(store.load(id)).rejects.toMatchObject(closed)
    await expect(store.create(id, dataOf('new'), inSeconds(60))).rejects.toMatchObject(closed)
    await expect(store.update(id, dataOf('new'), inSeconds(60), updated)).rejects.toMatchObject(closed)
    await expect(store.delete(id)).rejects.toMatchObject(closed)
  })
})
