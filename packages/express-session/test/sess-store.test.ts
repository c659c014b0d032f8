import { MovableClock } from '@sess/testkit'
import session, { type SessionData } from 'express-session'
import { describe, expect, it } from 'vitest'
import { cookie, hour, load, sid } from './support/sessions.ts'
import { engines, promises } from './support/stores.ts'

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
