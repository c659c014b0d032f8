import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Manager, newManager, type SessionData } from '../src/index.ts'
import { Deadline } from '../src/lib/deadline.ts'
import { fromRecordStore } from '../src/lib/engine.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import * as timers from '../src/lib/timers.ts'

/** What sinon and jest replace by default, save `process.nextTick`, which vitest itself needs. */
const everything = [
  'setTimeout',
  'clearTimeout',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'queueMicrotask',
  'performance',
  'hrtime',
  'Date',
] as const

function fakeAll(): void {
  vi.useFakeTimers({ toFake: [...everything] })
}

afterEach(() => {
  vi.useRealTimers()
})

async function visit(manager: Manager<SessionData>, cookie?: string): Promise<[unknown, string]> {
  const request = new Request('http://a/', cookie ? { headers: { cookie } } : {})
  let user: unknown
  const response = await manager.handle(request, async session => {
    user = session.get('user')
    if (!cookie) session.set('user', 'ann')
    return new Response()
  })
  return [user, response.headers.getSetCookie()[0]?.split(';')[0] ?? '']
}

describe('under faked timers', () => {
  test('each timer of core runs', async () => {
    fakeAll()
    await new Promise<void>(resolve => timers.setTimeout(resolve, 1))
    await new Promise<void>(resolve => timers.setImmediate(resolve))
    await new Promise<void>(resolve => timers.queueMicrotask(resolve))
    await new Promise<void>(resolve => timers.nextTick(resolve))
    await timers.sleep(1)
    const late = vi.fn()
    timers.clearTimeout(timers.setTimeout(late, 1))
    timers.clearImmediate(timers.setImmediate(late))
    await timers.sleep(5)
    expect(late).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('nextTick runs when process.nextTick is faked as well', async () => {
    const real = process.nextTick
    process.nextTick = () => {}
    try {
      await new Promise<void>(resolve => timers.nextTick(resolve))
    } finally {
      process.nextTick = real
    }
  })

  test('a backend that does not answer is given up by the real time', async () => {
    fakeAll()
    await expect(new Deadline(20).run('load', () => new Promise(() => {}))).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
    })
  })

  test('the memory engine counts and sweeps, however many sessions it has', async () => {
    const store = new MemoryStore({ clock: Date })
    for (let i = 0; i < 3000; i++) store.create(String(i), Buffer.alloc(50), Date.now() + 60_000)
    fakeAll()
    expect(await store.count(Date.now())).toBe(3000)
    expect(await store.sweep(Date.now() + 120_000, 3000)).toBe(3000)
  })

  test('a session that could not be loaded is loaded when it is asked for again', async () => {
    const store = new MemoryStore({ clock: Date })
    const load = vi.spyOn(store, 'load')
    await using manager = await newManager(fromRecordStore(store))
    const [, cookie] = await visit(manager)
    fakeAll()
    load.mockImplementationOnce(() => {
      throw new Error('the backend is away')
    })
    const request = new Request('http://a/', { headers: { cookie } })
    await expect(manager.sessionStart(request, new Headers())).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    await timers.sleep(1)
    expect((await manager.sessionStart(request, new Headers())).get('user')).toBe('ann')
  })

  test('a manager can be made, asked, swept and closed', async () => {
    fakeAll()
    const manager = await newManager('memory')
    const [, cookie] = await visit(manager)
    expect(await visit(manager, cookie)).toEqual(['ann', ''])
    expect(await manager.gc()).toBe(0)
    expect(await manager.getActiveSession()).toBe(1)
    await manager.close()
  })
})

describe('the time of sessions', () => {
  test.each([
    ['vi.useFakeTimers', () => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 })],
    ['vi.setSystemTime', () => vi.setSystemTime(Date.now() + 61_000)],
    ['another Date class', () => vi.stubGlobal('Date', travelled(61_000))],
    ['another now() of the same Date', () => vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000)],
  ])('travels with %s, after the manager was made', async (_, travel) => {
    await using manager = await newManager('memory', { maxLifetime: 60 })
    const [, cookie] = await visit(manager)
    expect(await visit(manager, cookie)).toEqual(['ann', ''])
    travel()
    try {
      expect(await visit(manager, cookie)).toEqual([undefined, expect.anything()])
    } finally {
      vi.unstubAllGlobals()
      vi.restoreAllMocks()
    }
  })
})

function travelled(milliseconds: number): DateConstructor {
  const Real = Date
  return class extends Real {
    static override now(): number {
      return Real.now() + milliseconds
    }
  } as DateConstructor
}
