import { describe, expect, test } from 'vitest'
import { fromProvider, fromRecordStore } from '../src/lib/engine.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import { newManager } from '../src/lib/new-manager.ts'
import type { RecordStore } from '../src/lib/record-store.ts'
import { MapProvider } from './support/map-provider.ts'

// Backends that do not answer, at the start and at the end of a manager.

const TIMEOUT = 200
const never = new Promise<never>(() => {})
const ERR_TIMEOUT = { code: 'ERR_TIMEOUT' }

/** A memory store, some of whose methods are a test's own. */
function memory(own: Partial<RecordStore>): RecordStore {
  const store = new MemoryStore({ clock: Date })
  return {
    create: (...args) => store.create(...args),
    load: id => store.load(id),
    update: (...args) => store.update(...args),
    delete: (...args) => store.delete(...args),
    ...own,
  }
}

describe('close', () => {
  test('does not wait longer than the timeout for a sweep that hangs, and closes the engine', async () => {
    let closes = 0
    const store = memory({ sweep: () => never, close: () => void closes++ })
    const manager = await newManager(fromRecordStore(store), { timeout: TIMEOUT })
    const sweeping = manager.gc()
    let isSwept = false
    void sweeping.then(() => {
      isSwept = true
    })
    await Promise.all([manager.close(), manager.close()])
    await manager.close()
    expect(isSwept).toBe(false)
    expect(closes).toBe(1)
    expect(await manager.gc()).toBe(0)
  })

  test('says so when the engine cannot be closed in time, to every caller', async () => {
    const manager = await newManager(fromRecordStore(memory({ close: () => never })), { timeout: TIMEOUT })
    const results = await Promise.allSettled([manager.close(), manager.close()])
    for (const result of results) expect(result).toMatchObject({ status: 'rejected', reason: ERR_TIMEOUT })
  })

  test('does not wait for a provider whose sweep hangs', async () => {
    const provider = new MapProvider()
    const manager = await newManager(fromProvider(provider), { timeout: TIMEOUT })
    provider.before = method => (method === 'sessionGC' ? never : undefined)
    void manager.gc()
    await manager.close()
    expect(provider.calls).toContain('sessionGC')
  })

  test('lets a sweep that goes on end its batch', async () => {
    let end = () => {}
    const swept = new Promise<void>(resolve => {
      end = resolve
    })
    let isClosed = false
    const store = memory({
      sweep: async () => {
        await swept
        expect(isClosed).toBe(false)
        return 5
      },
      close: () => {
        isClosed = true
      },
    })
    const manager = await newManager(fromRecordStore(store))
    const sweeping = manager.gc()
    const closing = manager.close()
    end()
    expect(await sweeping).toBe(5)
    await closing
    expect(isClosed).toBe(true)
  })
})

describe('a start that hangs is given up in time', () => {
  test('in sessionInit of a provider', async () => {
    const provider = new MapProvider()
    provider.before = () => never
    for (const engine of [fromProvider(provider), provider])
      await expect(newManager(engine, { timeout: TIMEOUT })).rejects.toMatchObject(ERR_TIMEOUT)
  })

  test('in the factory of an engine', async () => {
    await expect(
      newManager({ name: 'hanging', open: () => never }, { timeout: TIMEOUT }),
    ).rejects.toMatchObject(ERR_TIMEOUT)
  })

  test('and what comes too late is closed', async () => {
    let arrive = () => {}
    const arrival = new Promise<void>(resolve => {
      arrive = resolve
    })
    let close = () => {}
    const closed = new Promise<void>(resolve => {
      close = resolve
    })
    const open = async () => {
      await arrival
      return fromRecordStore(memory({ close: () => close() }))
    }
    await expect(newManager({ name: 'late', open }, { timeout: TIMEOUT })).rejects.toMatchObject(ERR_TIMEOUT)
    arrive()
    await closed
  })

  test('and one that fails says why', async () => {
    const reason = new Error('no such server')
    const provider = new MapProvider()
    provider.before = () => Promise.reject(reason)
    await expect(newManager(provider)).rejects.toBe(reason)
    const open = () => Promise.reject(reason)
    await expect(newManager({ name: 'failing', open })).rejects.toBe(reason)
  })
})
