import { isSessionError } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessStore } from '@sess/express-session'
import session from 'express-session'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { cookie, hour, load, sid, watched } from './support/sessions.ts'
import { engines, observed, promises } from './support/stores.ts'

afterEach(() => {
  vi.useRealTimers()
})

describe.each(engines)(
  'calls of a store on $name that the application makes by itself',
  ({ isMissing, backend }) => {
    it
      .skipIf(isMissing)
      .each([undefined, null, false, true, '', 0, 7, Number.NaN, {}, [], ['a'], Symbol('a'), () => 'a'])(
      'find no session under the id %s',
      async id => {
        const store = await (await backend()).open()
        const { get, set, touch, destroy, length } = promises(store)
        const data = { cookie: cookie(Date, hour), n: 1 }
        expect(await get(id as never)).toBe(null)
        await touch(id as never, data)
        await destroy(id as never)
        await expect(set(id as never, data)).rejects.toMatchObject({ code: 'ERR_INVALID_ID' })
        expect(await get(id as never)).toBe(null)
        expect(await length()).toBe(0)
      },
    )

    it.skipIf(isMissing)(
      'tell by an event that a session was not set, since its id was destroyed a moment ago',
      async () => {
        const { open } = await backend()
        const [one, two] = [await open(), await open()]
        const dropped: unknown[] = []
        two.manager.on('dropped', event => dropped.push(event.reason))
        await promises(one).set(sid, { cookie: cookie(Date, hour), n: 1 })
        await promises(one).destroy(sid)
        for (const n of [2, 3]) {
          await promises(two).set(sid, { cookie: cookie(Date, hour), n })
          expect(dropped).toHaveLength(n - 1)
        }
        expect(await promises(two).get(sid)).toBe(null)
      },
    )

    it.skipIf(isMissing)('take effect in the order in which they are made', async () => {
      const store = promises(await (await backend()).open())
      const data = (more: object) => ({ cookie: cookie(Date, hour), ...more })
      void store.set(sid, data({ a: 1, b: 1 }))
      void store.set(sid, data({ a: 2 }))
      expect(await store.get(sid)).toMatchObject({ a: 2 })
      expect(await store.get(sid)).not.toHaveProperty('b')
      void store.set(sid, data({ a: 3 }))
      void store.destroy(sid)
      expect(await store.get(sid)).toBe(null)
      void store.set('another', data({ a: 4 }))
      void store.touch('another', data({ a: 5 }))
      expect(await store.get('another')).toMatchObject({ a: 4 })
    })
  },
)

it('takes the time from a Date that is replaced later', async () => {
  const store = sessStore(fromRecordStore(new MemoryStore({ clock: { now: () => Date.now() } })))
  onTestFinished(() => store.close())
  await promises(store).set(sid, { cookie: cookie(Date, hour), n: 1 })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hour - 1000 })
  expect(await promises(store).get(sid)).toMatchObject({ n: 1 })
  await promises(store).touch(sid, { ...(await load(store)), cookie: cookie(Date, hour) as never })
  vi.setSystemTime(Date.now() + hour - 1000)
  expect(await promises(store).get(sid)).toMatchObject({ n: 1 })
  vi.setSystemTime(Date.now() + 1000)
  expect(await promises(store).get(sid)).toBe(null)
  await promises(store).set(sid, { cookie: cookie(Date, -1), n: 1 })
  expect(await promises(store).length()).toBe(0)
})

it('writes a session that was generated without reading it', async () => {
  const { store, calls } = await watched()
  session({ secret: 'keyboard cat', store, resave: false, saveUninitialized: false })
  const req = { headers: {}, sessionID: '', session: {} as session.SessionData }
  ;(store as unknown as { generate(req: object): void }).generate(req)
  calls.length = 0
  Object.assign(req.session, { n: 1 })
  await promises(store).set(req.sessionID, req.session)
  expect(calls).toEqual(['create'])
  expect(await promises(store).get(req.sessionID)).toMatchObject({ n: 1 })
})

describe('a store that is made without await', () => {
  it('connects at its first use, and gives the error of that to the calls', async () => {
    const backend = observed(new MemoryStore({ clock: Date }))
    backend.fails.add('load')
    const store = sessStore(fromRecordStore(backend.records))
    onTestFinished(() => store.close())
    expect(backend.calls).toEqual([])
    // Without a callback there is nobody to tell, and nothing ends the process.
    store.set(sid, { cookie: cookie(Date) } as never)
    const { get, set, destroy, length } = promises(store)
    const calls = [get(sid), set(sid, { cookie: cookie(Date) }), destroy(sid), length()]
    for (const call of calls) expect(await call.catch(isSessionError)).toBe(true)
    backend.fails.clear()
    await set(sid, { cookie: cookie(Date), n: 1 })
    expect(await get(sid)).toMatchObject({ n: 1 })
  })

  it('saves what it was given before it was connected, in order', async () => {
    const store = sessStore(fromRecordStore(new MemoryStore({ clock: Date })))
    onTestFinished(() => store.close())
    const data = { cookie: cookie(Date), n: 1 }
    const first = promises(store).set(sid, data)
    data.n = 2
    await Promise.all([first, promises(store).set(sid, data)])
    data.n = 3
    expect(await promises(store).get(sid)).toMatchObject({ n: 2 })
  })

  it('is told by await manager.ping() at the start that the server is away', async () => {
    const store = sessStore('redis', { providerConfig: '127.0.0.1:1', timeout: 500 })
    onTestFinished(() => store.close())
    await expect(store.manager.ping()).rejects.toSatisfy(isSessionError)
    await expect(promises(store).get(sid)).rejects.toMatchObject({ status: 503 })
  })
})
