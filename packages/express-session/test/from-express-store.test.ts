import { randomBytes } from 'node:crypto'
import { newManager } from '@sess/core'
import { type ExpressStore, fromExpressStore } from '@sess/express-session'
import { noService, service } from '@sess/testing'
import { testEngine } from '@sess/testkit'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import createMemoryStore from 'memorystore'
import { createClient } from 'redis'
import { describe, expect, it, onTestFinished, vi } from 'vitest'

const MemoryStore = createMemoryStore(session)

// These stores go by Date alone, so that is what the kit moves.
const stores: { name: string; create: () => session.Store; canCount: boolean }[] = [
  { name: "express-session's own store", create: () => new session.MemoryStore(), canCount: true },
  // It counts expired sessions until it prunes them.
  { name: 'memorystore', create: () => new MemoryStore({}), canCount: false },
]
for (const { name, create, canCount } of stores)
  testEngine({
    name,
    create: ({ clock }) => {
      const now = vi.spyOn(Date, 'now').mockImplementation(() => clock.now())
      const store = create()
      if (!canCount) Object.assign(store, { length: undefined })
      return {
        connect: () => fromExpressStore(store),
        dump: () => dumpOf(store),
        destroy: () => now.mockRestore(),
      }
    },
  })

function dumpOf(store: session.Store): Promise<string[]> {
  return new Promise((resolve, reject) => {
    store.all?.((error, sessions) => (error ? reject(error) : resolve([JSON.stringify(sessions)])))
  })
}

describe.skipIf(await noService('redis'))('connect-redis', () => {
  async function redis() {
    const client = createClient({ url: (await service.redis()).url })
    await client.connect()
    onTestFinished(() => client.close())
    const prefix = `${randomBytes(6).toString('hex')}:`
    return { client, prefix, provider: fromExpressStore(new RedisStore({ client, prefix })) }
  }

  it('keeps the sessions of a manager, for as long as they live', async () => {
    const { client, prefix, provider } = await redis()
    const manager = await newManager(provider, { maxLifetime: 600 })
    const headers = new Headers()
    const session = await manager.sessionStart(new Request('http://localhost'), headers)
    session.set('username', 'astaxie')
    session.set('at', new Date(5))
    await session.sessionRelease()
    const id = manager.storageID(session.sessionID())
    expect(await client.keys(`${prefix}*`)).toEqual([prefix + id])
    expect(await client.ttl(prefix + id)).toBeGreaterThan(595)
    expect(await client.ttl(prefix + id)).toBeLessThanOrEqual(600)
    const request = () =>
      new Request('http://localhost', { headers: { cookie: headers.get('set-cookie')?.split(';')[0] ?? '' } })
    const again = await manager.sessionStart(request(), new Headers())
    expect([again.get('username'), again.get('at')]).toEqual(['astaxie', new Date(5)])
    expect(await manager.getActiveSession()).toBe(1)
    const login = request()
    await manager.sessionRegenerateId(login, headers)
    expect(await client.exists(prefix + id)).toBe(0)
    expect(await manager.getActiveSession()).toBe(1)
    await manager.sessionDestroy(login, headers)
    expect(await manager.getActiveSession()).toBe(0)
  })

  it('loses nothing when the requests of one process overlap', async () => {
    const { provider } = await redis()
    const manager = await newManager(provider)
    const headers = new Headers()
    const first = await manager.sessionStart(new Request('http://localhost'), headers)
    first.set('n', 0)
    await first.sessionRelease()
    const cookie = headers.get('set-cookie')?.split(';')[0] ?? ''
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const request = new Request('http://localhost', { headers: { cookie } })
        const session = await manager.sessionStart(request, new Headers())
        session.update('n', n => (n as number) + 1)
        await session.sessionRelease()
      }),
    )
    const last = await manager.sessionStart(new Request('http://localhost', { headers: { cookie } }), headers)
    expect(last.get('n')).toBe(20)
  })

  it('gives the error of a server that is gone', async () => {
    const { client, prefix, provider } = await redis()
    const closed = client.duplicate()
    await provider.sessionInit(600, '')
    await expect(
      fromExpressStore(new RedisStore({ client: closed, prefix })).sessionRead('a'),
    ).rejects.toThrow()
  })
})

describe('fromExpressStore', () => {
  /** A store that answers as it is told to. */
  function answering(get: ExpressStore['get']): ExpressStore {
    return { get, set: (_, __, callback) => callback(), destroy: (_, callback) => callback() }
  }

  it.each<[string, ExpressStore['get']]>([
    ['calls back with an error', (_, callback) => callback(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
  ])('gives the error of a store that %s', async (_, get) => {
    await expect(fromExpressStore(answering(get)).sessionRead('a')).rejects.toThrow('down')
  })

  it.each<[string, ExpressStore['get']]>([
    ['nothing', (_, callback) => callback()],
    ['null', (_, callback) => callback(null, null)],
    ['ENOENT', (_, callback) => callback(Object.assign(new Error('no file'), { code: 'ENOENT' }))],
    ['a session of express-session', (_, callback) => callback(null, { cookie: {}, n: 1 } as never)],
    [
      'one that has expired',
      (_, callback) =>
        callback(null, { cookie: { expires: new Date(0).toJSON() }, values: { n: '1' } } as never),
    ],
  ])('takes %s for no session', async (_, get) => {
    const provider = fromExpressStore(answering(get))
    expect(await provider.sessionExist('a')).toBe(false)
    expect((await provider.sessionRead('a')).get('n')).toBe(undefined)
  })

  it('gives stores the cookie that they take the lifetime from', async () => {
    const saved: session.SessionData[] = []
    const provider = fromExpressStore({
      ...answering((_, callback) => callback()),
      set: (_, session, callback) => {
        saved.push(session)
        callback()
      },
    })
    await provider.sessionInit(600, '')
    const store = await provider.sessionRead('a')
    store.set('n', 1)
    await store.sessionRelease()
    await store.sessionRelease()
    expect(saved).toHaveLength(1)
    const cookie = saved[0]?.cookie as session.Cookie
    expect(cookie.originalMaxAge).toBe(600_000)
    expect(cookie.maxAge).toBeGreaterThan(599_000)
    expect(cookie.expires?.getTime()).toBeGreaterThan(Date.now() + 599_000)
    expect(JSON.parse(JSON.stringify(cookie))).toMatchObject({
      originalMaxAge: 600_000,
      httpOnly: true,
      path: '/',
    })
  })

  it('saves what was changed in place', async () => {
    const provider = fromExpressStore(new session.MemoryStore())
    await provider.sessionInit(600, '')
    const first = await provider.sessionRead('a')
    first.set('list', [1])
    await first.sessionRelease()
    const second = await provider.sessionRead('a')
    ;(second.get('list') as number[]).push(2)
    await second.sessionRelease()
    expect((await provider.sessionRead('a')).get('list')).toEqual([1, 2])
  })

  it('takes the first answer of a store that calls back twice', async () => {
    const get: ExpressStore['get'] = (_, callback) => {
      callback(null, null)
      callback(new Error('too late'))
    }
    expect(await fromExpressStore(answering(get)).sessionExist('a')).toBe(false)
  })

  it.each([undefined, null, false, 7, {}])('refuses the id %s', async id => {
    const provider = fromExpressStore(new session.MemoryStore())
    for (const method of ['sessionRead', 'sessionExist', 'sessionDestroy'] as const)
      await expect(provider[method](id as never)).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
  })

  it('is given up by the manager when its store never calls back', async () => {
    const manager = await newManager(fromExpressStore(answering(() => {})), { timeout: 50 })
    onTestFinished(() => manager.close())
    const id = '0'.repeat(32)
    const req = new Request('http://localhost', { headers: { cookie: `beegosessionID=${id}` } })
    await expect(manager.sessionStart(req, new Headers())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  })

  it('says that a store cannot count', async () => {
    const provider = fromExpressStore(answering((_, callback) => callback()))
    await expect(provider.sessionAll()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })

  it('refuses what is no store, and empty ids', async () => {
    expect(() => fromExpressStore({ get: () => {} } as never)).toThrow(/no set\(\)/)
    await expect(fromExpressStore(new session.MemoryStore()).sessionRead('')).rejects.toMatchObject({
      code: 'ERR_INVALID_ID',
    })
  })
})
