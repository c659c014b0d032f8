import { newManager } from '@sess/core'
import '@sess/cookie'
import { type Clock, fromProvider, fromRecordStore, MemoryStore } from '@sess/core/engine'
import { type SessStore, sessStore } from '@sess/express-session'
import { MovableClock } from '@sess/testkit'
import session, { type SessionData } from 'express-session'
import { describe, expect, it, onTestFinished } from 'vitest'
import { engines, observed, promises } from './support/stores.ts'

const sid = 'Xb8cJ3YbPXQ0aUj1V2o0iYwq1f7m0E3Z'
const hour = 3_600_000

function cookie(clock: Clock, maxAge: number | null = null) {
  const expires = maxAge === null ? null : new Date(clock.now() + maxAge)
  return { originalMaxAge: maxAge, expires, httpOnly: true, path: '/' }
}

/** Reads a session as the middleware of express-session does: what it gives back is known to the store. */
async function load(store: SessStore): Promise<SessionData & Record<string, unknown>> {
  const data = await promises(store).get(sid)
  if (!data) throw new Error('There is no such session')
  return store.createSession({ sessionID: sid, sessionStore: store } as never, data as SessionData) as never
}

describe.each(engines)('a store on $name', ({ isMissing, backend }) => {
  it.skipIf(isMissing)('gives back what was set, as JSON has it', async () => {
    const clock = new MovableClock()
    const store = promises(await (await backend()).open({ clock }))
    const data = {
      cookie: cookie(clock),
      user: 'astaxie',
      list: [1, { two: null }],
      at: new Date(5),
      no: undefined,
    }
    await store.set(sid, data)
    expect(await store.get(sid)).toEqual(JSON.parse(JSON.stringify(data)))
    await store.set(sid, { cookie: data.cookie, user: 'beego' })
    expect(await store.get(sid)).toEqual({ cookie: data.cookie, user: 'beego' })
  })

  it.skipIf(isMissing)('gives null for a session that is not there', async () => {
    const store = promises(await (await backend()).open())
    expect(await store.get(sid)).toBe(null)
    await store.touch(sid, { cookie: cookie(Date, 1000) })
    await store.destroy(sid)
    expect(await store.get(sid)).toBe(null)
  })

  it.skipIf(isMissing)('ends a session to the millisecond, as its cookie says', async () => {
    const clock = new MovableClock()
    const store = promises(await (await backend()).open({ clock }))
    await store.set(sid, { cookie: cookie(clock, 1500), n: 1 })
    clock.advance(1499)
    expect(await store.get(sid)).toMatchObject({ n: 1 })
    clock.advance(1)
    expect(await store.get(sid)).toBe(null)
    await store.touch(sid, { cookie: cookie(clock, 1500) })
    expect(await store.get(sid)).toBe(null)
  })

  it.skipIf(isMissing)('ends a session without an expiry after maxLifetime', async () => {
    const clock = new MovableClock()
    const store = promises(await (await backend()).open({ clock, maxLifetime: 60 }))
    const data = { cookie: cookie(clock), n: 1 }
    await store.set(sid, data)
    clock.advance(50_000)
    await store.touch(sid, data)
    clock.advance(59_000)
    expect(await store.get(sid)).toEqual(data)
    clock.advance(2000)
    expect(await store.get(sid)).toBe(null)
  })

  it.skipIf(isMissing)('keeps a session longer than maxLifetime if its cookie lives longer', async () => {
    const clock = new MovableClock()
    const store = promises(await (await backend()).open({ clock, maxLifetime: 60 }))
    await store.set(sid, { cookie: cookie(clock, hour), n: 1 })
    clock.advance(hour - 1)
    expect(await store.get(sid)).toMatchObject({ n: 1 })
  })

  it.skipIf(isMissing)('extends with touch, and keeps what another server saved meanwhile', async () => {
    const clock = new MovableClock()
    const { open } = await backend()
    const [one, two] = [await open({ clock }), await open({ clock })]
    await promises(one).set(sid, { cookie: cookie(clock, hour), n: 1 })
    clock.advance(hour / 2)
    const slow = await load(one)
    const quick = await load(two)
    quick.n = 2
    await promises(two).set(sid, quick)
    slow.cookie = cookie(clock, hour) as never
    await promises(one).touch(sid, slow)
    clock.advance(hour - 1)
    expect(await promises(two).get(sid)).toMatchObject({ n: 2 })
    clock.advance(1)
    expect(await promises(two).get(sid)).toBe(null)
  })

  it.skipIf(isMissing)('keeps what two servers save under different keys', async () => {
    const { open } = await backend()
    const [one, two] = [await open(), await open()]
    await promises(one).set(sid, { cookie: cookie(Date, hour), old: 1, gone: 1 })
    const [first, second] = [await load(one), await load(two)]
    first.a = 1
    delete first.gone
    second.b = 2
    await Promise.all([promises(one).set(sid, first), promises(two).set(sid, second)])
    const { cookie: _, ...rest } = (await promises(one).get(sid)) as SessionData
    expect(rest).toEqual({ old: 1, a: 1, b: 2 })
    // Another save of the same request goes on from what that request has, not from what others saved.
    first.a = 3
    await promises(one).set(sid, first)
    expect(await promises(two).get(sid)).toMatchObject({ old: 1, a: 3, b: 2 })
  })

  it.skipIf(isMissing)('does not bring back a session that another server destroyed', async () => {
    const { open } = await backend()
    const [one, two] = [await open(), await open()]
    for (const store of [one, two])
      session({ secret: 'keyboard cat', store, resave: true, saveUninitialized: true })
    await promises(one).set(sid, { cookie: cookie(Date, hour), n: 1 })
    const [writer, toucher] = [await load(one), await load(one)]
    await promises(two).destroy(sid)
    writer.n = 2
    await promises(one).set(sid, writer)
    toucher.cookie = cookie(Date, 2 * hour) as never
    await promises(one).touch(sid, toucher)
    expect(await promises(one).get(sid)).toBe(null)
    await promises(one).set(sid, writer)
    expect(await promises(one).get(sid)).toBe(null)
  })

  it.skipIf(isMissing)('does not bring it back from a copy either, for half a minute', async () => {
    const clock = new MovableClock()
    const { open } = await backend()
    const [one, two] = [await open({ clock }), await open({ clock })]
    const data = { cookie: cookie(clock, hour), n: 1 }
    await promises(one).set(sid, data)
    await promises(two).destroy(sid)
    clock.advance(29_000)
    await promises(one).set(sid, { ...data, n: 2 })
    await promises(one).touch(sid, { ...data })
    expect(await promises(one).get(sid)).toBe(null)
    clock.advance(2000)
    await promises(one).set(sid, { ...data, n: 3 })
    expect(await promises(one).get(sid)).toMatchObject({ n: 3 })
  })

  it.skipIf(isMissing)('stores no session id', async () => {
    const { open, names } = await backend()
    const store = await open()
    await promises(store).set(sid, { cookie: cookie(Date), n: 1 })
    const found = await names()
    expect(found.join()).toContain(await storedName())
    expect(found.join()).not.toContain(sid)
  })

  it.skipIf(isMissing)('counts sessions', async () => {
    const store = promises(await (await backend()).open())
    for (const id of ['a', 'b', 'c']) await store.set(id, { cookie: cookie(Date) })
    await store.destroy('b')
    expect(await store.length()).toBe(2)
  })
})

async function storedName(): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sid))
  return Buffer.from(digest).toString('hex')
}

/** A store on memory that tells what it asks of it. */
async function watched(options: { clock?: Clock; touchEvery?: number } = {}) {
  const backend = observed(new MemoryStore({ clock: options.clock ?? Date }))
  const store = await sessStore(fromRecordStore(backend.records), options)
  onTestFinished(() => store.close())
  await store.manager.gc()
  backend.calls.length = 0
  return { ...backend, store }
}

describe('what a store asks of its backend', () => {
  it('is one read for a get, and one write for a session that has changed', async () => {
    const { store, calls } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date, hour), n: 1 })
    calls.length = 0
    const data = await load(store)
    data.n = 2
    await promises(store).set(sid, data)
    expect(calls).toEqual(['load', 'update'])
  })

  it('is one call for a logout of express-session', async () => {
    const { store, calls } = await watched()
    session({ secret: 'keyboard cat', store, resave: false, saveUninitialized: false })
    await promises(store).set(sid, { cookie: cookie(Date, hour), n: 1 })
    calls.length = 0
    await promises(store).destroy(sid)
    expect(calls).toEqual(['delete'])
  })

  it('is a write for a touch, or a save of what has not changed, once in a tenth of the lifetime', async () => {
    const clock = new MovableClock()
    const { store, calls } = await watched({ clock })
    await promises(store).set(sid, { cookie: cookie(clock, hour), n: 1 })
    for (const [advance, method, writes] of [
      [hour / 20, 'touch', 0],
      [hour / 20 - 1, 'set', 0],
      [1, 'touch', 1],
      [hour / 10 - 1, 'touch', 0],
      [1, 'set', 1],
    ] as const) {
      clock.advance(advance)
      const data = await load(store)
      data.cookie = cookie(clock, hour) as never
      calls.length = 0
      await promises(store)[method](sid, data)
      expect(calls, `after ${advance} ms`).toHaveLength(writes)
    }
  })

  it('is a write for every touch with touchEvery 0', async () => {
    const clock = new MovableClock()
    const { store, calls } = await watched({ clock, touchEvery: 0 })
    await promises(store).set(sid, { cookie: cookie(clock), n: 1 })
    const data = await load(store)
    calls.length = 0
    await promises(store).touch(sid, data)
    expect(calls).toEqual(['update'])
  })

  it('is a write when only the lifetime of the cookie is changed', async () => {
    const { store, calls } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date, hour), n: 1 })
    const data = await load(store)
    data.cookie = cookie(Date, 2 * hour) as never
    calls.length = 0
    await promises(store).set(sid, data)
    expect(calls).toEqual(['update'])
    expect(await promises(store).get(sid)).toMatchObject({ cookie: { originalMaxAge: 2 * hour } })
  })
})

describe('callbacks of a store', () => {
  it.each(['get', 'set', 'touch', 'destroy', 'length', 'all', 'clear'] as const)(
    '%s calls back once, and later',
    async method => {
      const { store } = await watched()
      const calls: unknown[][] = []
      await new Promise<void>(resolve => {
        const callback = (...args: unknown[]) => {
          calls.push(args)
          resolve()
        }
        const given = { get: [sid], set: [sid, { cookie: {} }], touch: [sid, { cookie: {} }], destroy: [sid] }
        const args = method in given ? given[method as 'get'] : []
        Reflect.apply(store[method], store, [...args, callback])
        expect(calls).toEqual([])
      })
      await new Promise(resolve => setTimeout(resolve, 20))
      expect(calls).toHaveLength(1)
    },
  )

  it('are not called again when they throw', async () => {
    const { store } = await watched()
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    onTestFinished(() => {
      for (const listener of listeners) process.on('uncaughtException', listener)
    })
    let calls = 0
    const thrown = await new Promise(resolve => {
      process.once('uncaughtException', resolve)
      store.get(sid, () => {
        calls++
        throw new Error('of the application')
      })
    })
    expect(thrown).toMatchObject({ message: 'of the application' })
    expect(calls).toBe(1)
  })

  it('need not be given', async () => {
    const { store } = await watched()
    store.set(sid, { cookie: cookie(Date), n: 1 } as never)
    await expect.poll(() => promises(store).get(sid)).toMatchObject({ n: 1 })
    store.touch(sid, { cookie: cookie(Date, hour) } as never)
    store.destroy(sid)
    await expect.poll(() => promises(store).get(sid)).toBe(null)
  })

  it.each([
    ['get', 'load', { status: 503 }],
    ['set', 'create', {}],
    ['touch', 'update', {}],
    ['destroy', 'load', {}],
    ['length', 'count', {}],
  ] as const)('get the error when %s fails', async (method, failing, more) => {
    const { store, fails } = await watched()
    if (method === 'touch') await promises(store).set(sid, { cookie: cookie(Date, 1000), n: 1 })
    fails.add(failing)
    const calls = promises(store)
    const done = method === 'length' ? calls.length() : calls[method](sid, { cookie: cookie(Date, hour) })
    await expect(done).rejects.toMatchObject({ code: 'ERR_BACKEND', ...more })
  })

  it('get the error when a value cannot be stored, and what was there stays', async () => {
    const { store } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date), n: 1 })
    const done = promises(store).set(sid, { cookie: cookie(Date), big: 1n })
    await expect(done).rejects.toMatchObject({ code: 'ERR_VALUE', key: 'big' })
    expect(await promises(store).get(sid)).toMatchObject({ n: 1 })
  })

  it('get the error that no engine lists its sessions', async () => {
    const { store } = await watched()
    await expect(promises(store).all()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    await expect(promises(store).clear()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })
})

describe('sessStore', () => {
  it('makes a store of express-session', async () => {
    const { store } = await watched()
    expect(store).toBeInstanceOf(session.Store)
  })

  it('keeps one session apart from another, however alike their ids are', async () => {
    const { store } = await watched()
    await promises(store).set(`${sid}a`, { cookie: cookie(Date), n: 1 })
    expect(await promises(store).get(`${sid}b`)).toBe(null)
    expect(await promises(store).get(sid)).toBe(null)
  })

  it('does not take the session of one id for that of another', async () => {
    const { store } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date), n: 1 })
    const data = await load(store)
    await promises(store).set('another', data)
    await promises(store).destroy(sid)
    expect(await promises(store).get('another')).toMatchObject({ n: 1 })
  })

  it('deletes a session whose expiry is past', async () => {
    const { store } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date, hour), n: 1 })
    await promises(store).set(sid, { cookie: cookie(Date, -1), n: 1 })
    expect(await promises(store).length()).toBe(0)
    expect(await promises(store).get(sid)).toBe(null)
  })

  it('sweeps expired sessions by itself', async () => {
    const { records, calls } = observed(new MemoryStore({ clock: Date }))
    const store = await sessStore(fromRecordStore(records))
    onTestFinished(() => store.close())
    await expect.poll(() => calls).toContain('sweep')
  })

  it('closes its engine', async () => {
    const { store } = await watched()
    await store.close()
    await expect(store.manager.ping()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('refuses engines that cannot do it', async () => {
    await expect(
      sessStore('cookie', { providerConfig: { secrets: 'keyboard cat, and the dog that barks at it' } }),
    ).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
      message: expect.stringContaining('live with the client'),
    })
    const memory = await newManager('memory')
    await expect(sessStore(fromProvider(memory.getProvider()))).rejects.toMatchObject({
      code: 'ERR_UNSUPPORTED',
    })
  })

  it('refuses options that it does not have', async () => {
    await expect(sessStore('memory', { cookieName: 'sid' } as never)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining("'cookieName'"),
    })
    await expect(sessStore('memory', { maxLifetime: -1 })).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })
})
