import { describe, expect, it, onTestFinished } from 'vitest'
import { cookie, hour, sid, watched } from './support/sessions.ts'
import { promises } from './support/stores.ts'

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
