import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Engine, fromRecordStore, fromSealedStore } from '../src/lib/engine.ts'
import { Events } from '../src/lib/events.ts'
import { lazyManager } from '../src/lib/lazy-manager.ts'
import type { Manager } from '../src/lib/manager.ts'
import { newManager } from '../src/lib/new-manager.ts'
import type { SessionPort } from '../src/lib/session-port.ts'
import { Sweeper } from '../src/lib/sweeper.ts'
import '../src/index.ts'

const MINUTE = 60_000

function setUp(sweep: SessionPort['sweep'] = async () => 0) {
  const spy = vi.fn(sweep)
  const events = new Events()
  const swept = vi.fn()
  const failed = vi.fn()
  events.on('swept', swept)
  events.on('sweepError', failed)
  const sweeper = new Sweeper({ sweep: spy }, events)
  return { sweeper, sweep: spy, swept, failed }
}

vi.mock('../src/lib/timers.ts', async original => ({
  ...(await original<object>()),
  ...(await import('./support/global-timers.ts')),
}))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

describe('a sweep', () => {
  test('goes batch after batch until one is not full, and gives the sum', async () => {
    const batches = [1000, 1000, 7]
    const { sweeper, sweep, swept } = setUp(async () => batches.shift() ?? 0)
    expect(await sweeper.sweep()).toBe(2007)
    expect(sweep.mock.calls).toEqual([[1000], [1000], [1000]])
    expect(swept.mock.calls).toEqual([[{ count: 2007 }]])
    expect(vi.getTimerCount()).toBe(0)
  })

  test('is joined by the calls that come meanwhile', async () => {
    let end = (_: number) => {}
    const { sweeper, sweep } = setUp(() => new Promise(resolve => (end = resolve)))
    const calls = [sweeper.sweep(), sweeper.sweep(), sweeper.sweep()]
    expect(sweep).toHaveBeenCalledTimes(1)
    end(5)
    expect(await Promise.all(calls)).toEqual([5, 5, 5])
    const again = sweeper.sweep()
    expect(sweep).toHaveBeenCalledTimes(2)
    end(0)
    expect(await again).toBe(0)
  })

  test.each<[string, SessionPort['sweep']]>([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
  ])('never rejects: an engine that %s is an event, and the next sweep tries again', async (_, sweep) => {
    const { sweeper, failed, swept } = setUp(sweep)
    sweeper.start(MINUTE)
    expect(await sweeper.sweep()).toBe(0)
    expect(failed.mock.calls).toEqual([[{ error: expect.objectContaining({ message: 'down' }) }]])
    expect(swept).not.toHaveBeenCalled()
    await vi.advanceTimersToNextTimerAsync()
    expect(failed).toHaveBeenCalledTimes(2)
    await sweeper.stop()
  })

  test('gives what was reclaimed before a failure', async () => {
    let calls = 0
    const { sweeper } = setUp(async () => {
      if (++calls > 2) throw new Error('down')
      return 1000
    })
    expect(await sweeper.sweep()).toBe(2000)
  })
})

describe('sweeping', () => {
  test('goes on every interval', async () => {
    const { sweeper, sweep } = setUp()
    sweeper.start(MINUTE)
    for (let i = 1; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(MINUTE * 1.1)
      expect(sweep.mock.calls.length).toBeGreaterThanOrEqual(i)
    }
    expect(sweep.mock.calls.length).toBeLessThanOrEqual(1 + (5 * 1.1) / 0.9)
    await sweeper.stop()
  })

  test.each([
    [0.001, 0.001],
    [0.5, 0.5],
    [0.999999, 1],
  ])('begins at some moment of the first interval (%d)', async (random, factor) => {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const { sweeper, sweep } = setUp()
    sweeper.start(MINUTE)
    await vi.advanceTimersByTimeAsync(Math.max(0, MINUTE * factor - 2))
    expect(sweep).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(3)
    expect(sweep).toHaveBeenCalledTimes(1)
    await sweeper.stop()
  })

  test.each([
    [0, 0.9],
    [0.5, 1],
    [0.999999, 1.1],
  ])('is off by up to a tenth of the interval (%d)', async (random, factor) => {
    const { sweeper, sweep } = setUp()
    sweeper.start(MINUTE)
    vi.spyOn(Math, 'random').mockReturnValue(random)
    await vi.advanceTimersToNextTimerAsync()
    expect(sweep).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(MINUTE * factor - 2)
    expect(sweep).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(3)
    expect(sweep).toHaveBeenCalledTimes(2)
    await sweeper.stop()
  })

  test('starts no second sweep while one outlasts the interval', async () => {
    const { sweeper, sweep } = setUp(() => new Promise(() => {}))
    sweeper.start(MINUTE)
    await vi.advanceTimersByTimeAsync(MINUTE * 5)
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(1)
  })

  test('ends at stop(), which waits for the sweep that runs and lets it start no further batch', async () => {
    let end = (_: number) => {}
    const { sweeper, sweep } = setUp(() => new Promise(resolve => (end = resolve)))
    sweeper.start(MINUTE)
    const running = sweeper.sweep()
    let stopped = false
    const stopping = sweeper.stop().then(() => (stopped = true))
    await Promise.resolve()
    expect(stopped).toBe(false)
    end(1000)
    expect(await running).toBe(1000)
    await stopping
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(await sweeper.sweep()).toBe(0)
    await vi.advanceTimersByTimeAsync(MINUTE * 3)
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('keeps no process alive', async () => {
    vi.useRealTimers()
    const setTimeoutSpy = vi.spyOn(globalThis, 'setTimeout')
    const { sweeper } = setUp()
    sweeper.start(MINUTE)
    const timers = setTimeoutSpy.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timers).toHaveLength(1)
    expect(timers[0]?.hasRef()).toBe(false)
    await sweeper.stop()
  })
})

describe('a manager sweeps', () => {
  const swept = (manager: Manager) => {
    const listener = vi.fn()
    manager.on('swept', listener)
    return listener
  }

  test.each([
    [{ maxLifetime: 60 }, 60_000],
    [{ maxLifetime: 3600 }, 3_600_000],
    [{ maxLifetime: 30 * 86_400 }, 3_600_000],
    [{ maxLifetime: 60, sweepEvery: 600 }, 600_000],
    [{ sweepEvery: 20 * 86_400 }, 20 * 86_400_000],
  ])('by itself: with %o every %d ms', async (options, interval) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    await using manager = await newManager('memory', options)
    const listener = swept(manager)
    for (const [i, wait] of [interval / 2, interval, interval].entries()) {
      await vi.advanceTimersByTimeAsync(wait - 1)
      expect(listener).toHaveBeenCalledTimes(i)
      await vi.advanceTimersByTimeAsync(1)
      expect(listener).toHaveBeenCalledTimes(i + 1)
    }
  })

  test('never by itself with sweepEvery: 0, and now with gc()', async () => {
    await using manager = await newManager('memory', { sweepEvery: 0, maxLifetime: 1 })
    const listener = swept(manager)
    expect(vi.getTimerCount()).toBe(0)
    await manager.gc()
    expect(listener).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  test.each<[string, Engine]>([
    [
      'that expires records by itself',
      fromRecordStore({
        create: () => undefined,
        load: () => undefined,
        update: () => undefined,
        delete: () => false,
      }),
    ],
    ['whose sessions live with the client', fromSealedStore({ seal: () => '', open: () => undefined })],
  ])('no engine %s', async (_, engine) => {
    await using manager = await newManager(engine, { sweepEvery: 1 })
    expect(manager.capabilities.sweep).toBe(false)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('from its first use, if it connects then', async () => {
    await using manager = lazyManager('memory', { name: 'sweeper.test' })
    expect(vi.getTimerCount()).toBe(0)
    await manager.ping()
    expect(vi.getTimerCount()).toBe(1)
    await manager.close()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('and is freed when it is let go of without close()', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const weak = new WeakRef(await newManager('memory'))
    expect(vi.getTimerCount()).toBe(1)
    // References are kept until the turn in which they were read is over.
    await new Promise(resolve => setImmediate(resolve))
    collect()
    expect(weak.deref() === undefined).toBe(true)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(vi.getTimerCount()).toBe(0)
  })
})
