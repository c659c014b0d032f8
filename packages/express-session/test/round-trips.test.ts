import { MovableClock } from '@sess/testkit'
import session from 'express-session'
import { describe, expect, it } from 'vitest'
import { cookie, hour, load, sid, watched } from './support/sessions.ts'
import { promises } from './support/stores.ts'

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
