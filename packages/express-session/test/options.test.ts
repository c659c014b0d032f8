import { newManager } from '@sess/core'
import '@sess/cookie'
import { fromProvider, fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessStore } from '@sess/express-session'
import session from 'express-session'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cookie, hour, load, sid, watched } from './support/sessions.ts'
import { observed, promises } from './support/stores.ts'

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

  it('sweeps expired sessions by itself, from its first use on', async () => {
    const { records, calls } = observed(new MemoryStore({ clock: Date }))
    const store = sessStore(fromRecordStore(records))
    onTestFinished(() => store.close())
    await promises(store).get(sid)
    await expect.poll(() => calls).toContain('sweep')
  })

  it('closes its engine', async () => {
    const { store } = await watched()
    await store.close()
    await expect(store.manager.ping()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  it('refuses engines that cannot do it, in each call', async () => {
    const sealed = sessStore('cookie', {
      providerConfig: { secrets: 'keyboard cat, and the dog that barks at it' },
    })
    const memory = await newManager('memory')
    const foreign = sessStore(fromProvider(memory.getProvider()))
    for (const store of [sealed, foreign]) {
      onTestFinished(() => store.close())
      const { get, set, touch, destroy, length } = promises(store)
      const data = { cookie: cookie(Date) }
      for (const call of [
        () => get(sid),
        () => set(sid, data),
        () => touch(sid, data),
        () => destroy(sid),
        length,
      ])
        await expect(call()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
    }
    await expect(promises(sealed).get(sid)).rejects.toThrow('live with the client')
  })

  it('refuses options that it does not have, at once', () => {
    expect(() => sessStore('memory', { cookieName: 'sid' } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining("'cookieName'") }),
    )
    for (const options of [{ maxLifetime: -1 }, { touchEvery: -1 }, { timeout: 0 }, null, 'redis'])
      expect(() => sessStore('memory', options as never)).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG' }),
      )
    expect(() => sessStore('no such engine')).toThrow(
      expect.objectContaining({ code: 'ERR_PROVIDER_UNKNOWN' }),
    )
  })

  it('saves the last of two saves that overlap, be it what was there before', async () => {
    const { store } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date), n: 1 })
    const data = await load(store)
    data.n = 2
    const first = promises(store).set(sid, data)
    data.n = 1
    await Promise.all([first, promises(store).set(sid, data)])
    expect(await promises(store).get(sid)).toMatchObject({ n: 1 })
  })

  it('saves with the next save what could not be saved', async () => {
    const { store, fails } = await watched()
    await promises(store).set(sid, { cookie: cookie(Date), n: 1 })
    const data = await load(store)
    data.n = 2
    fails.add('update')
    await expect(promises(store).set(sid, data)).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    fails.clear()
    await promises(store).set(sid, data)
    expect(await promises(store).get(sid)).toMatchObject({ n: 2 })
  })
})
