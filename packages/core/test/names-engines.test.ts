import { isSessionError, newManager, type Provider, register, registerType } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { expect, it } from 'vitest'
import { Browser } from './http/support/browser.ts'
import { setUp } from './http/support/managers.ts'
import { serve } from './http/support/servers.ts'

// The names of the original's documents, row by row, each at work: what engines are made of.

const memory = () => new MemoryStore({ clock: Date })

it('Provider: getProvider() has the seven methods, over ids as they are handed over', async () => {
  const { manager, store } = await setUp()
  const provider: Provider = manager.getProvider()
  const sid = 'xsnkjklkjjkh27hjh78908'
  await provider.sessionInit(3600, '')
  expect(await provider.sessionExist(sid)).toBe(false)
  const empty = await provider.sessionRead(sid)
  expect(empty.sessionID()).toBe(sid)
  expect(await provider.sessionExist(sid)).toBe(false)
  empty.set('username', 'astaxie')
  await empty.sessionRelease()
  expect(await provider.sessionExist(sid)).toBe(true)
  expect(new Set(store.calls.map(({ id }) => id))).toEqual(new Set([sid]))
  expect(await provider.sessionAll()).toBe(1)

  const moved = await provider.sessionRegenerate(sid, 'another')
  expect([moved.sessionID(), moved.get('username')]).toEqual(['another', 'astaxie'])
  expect([await provider.sessionExist(sid), await provider.sessionExist('another')]).toEqual([false, true])
  const none = await provider.sessionRegenerate('missing', 'third')
  expect([none.sessionID(), none.get('username')]).toEqual(['third', undefined])

  await provider.sessionDestroy('another')
  await provider.sessionDestroy('another')
  expect(await provider.sessionExist('another')).toBe(false)
  expect(await provider.sessionAll()).toBe(0)
  expect(await provider.sessionGC()).toBeUndefined()
  expect(store.methods.at(-1)).toBe('sweep')
})

it('Register: register(name, factory) makes an engine known, one for each manager', async () => {
  let made = 0
  register('names-own', ({ config, maxLifetime }) => {
    made++
    expect({ config, maxLifetime }).toEqual({ config: './tmp', maxLifetime: 60 })
    return fromRecordStore(memory())
  })
  const options = { providerConfig: './tmp', maxLifetime: 60 }
  const [one] = await Promise.all([newManager('names-own', options), newManager('names-own', options)])
  expect(made).toBe(2)
  expect(await one?.getActiveSession()).toBe(0)
  expect(() => register('names-own', () => fromRecordStore(memory()))).toThrow(
    expect.objectContaining({ code: 'ERR_DUPLICATE' }),
  )
})

it.each([
  ['file', '@sess/file'],
  ['cookie', '@sess/cookie'],
  ['mysql', '@sess/mysql'],
  ['redis', '@sess/redis'],
  ['postgresql', '@sess/postgres'],
  ['memcache', '@sess/memcache'],
  ['couchbase', '@sess/couchbase'],
])('provider names: %s without its import names %s', async (name, packageName) => {
  const error = await newManager(name).catch(error => error)
  expect(isSessionError(error, 'ERR_PROVIDER_UNKNOWN')).toBe(true)
  expect(error.message).toContain(`'${packageName}'`)
})

it.each([
  './tmp',
  'username:password@protocol(address)/dbname?param=value',
  '127.0.0.1:6379,100,astaxie',
  'postgres://pqgotest:password@localhost/pqgotest?sslmode=verify-full',
  'http://bucketname:bucketpass@myserver:8091',
])('config strings reach the engine as they are: %s', async config => {
  let seen: unknown
  const name = `config ${config}`
  register(name, context => {
    seen = context.config
    return fromRecordStore(memory())
  })
  await newManager(name, { providerConfig: config })
  expect(seen).toBe(config)
  await newManager(name, 'gosessionid', 3600, config, false)
  expect(seen).toBe(config)
})

it('gob registration: registerType(name, class) lets instances be stored', async () => {
  class Cart {
    items: string[] = []
    get size(): number {
      return this.items.length
    }
  }
  const { manager } = await setUp()
  const codes: unknown[] = []
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    const cart = (session.get('cart') as Cart | undefined) ?? new Cart()
    cart.items.push('apple')
    try {
      session.set('cart', cart)
    } catch (error) {
      const { code, key } = error as { code: string; key: string }
      codes.push([code, key])
    }
    res.end(String(cart.size))
  })
  const browser = new Browser()
  await browser.go(server)
  expect(codes).toEqual([['ERR_VALUE', 'cart']])
  registerType('names.Cart', Cart)
  await browser.go(server)
  expect((await browser.go(server)).body).toBe('2')
})
