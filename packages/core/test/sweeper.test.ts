import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Events } from '../src/lib/events.ts'
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
  const sweeper = new Sweeper({ sweep: spy } as unknown as SessionPort, events, MINUTE)
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

describe('gc', () => {
  test('sweeps batch after batch until one is not full, and gives the sum', async () => {
    const batches = [1000, 1000, 7]
    const { sweeper, sweep, swept } = setUp(async () => batches.shift() ?? 0)
    expect(await sweeper.start()).toBe(2007)
    expect(sweep.mock.calls).toEqual([[1000], [1000], [1000]])
    expect(swept.mock.calls).toEqual([[{ count: 2007 }]])
  })

  test('then sweeps every interval', async () => {
    const { sweeper, sweep } = setUp()
    await sweeper.start()
    for (let i = 2; i < 6; i++) {
      await vi.advanceTimersByTimeAsync(MINUTE * 1.1)
      expect(sweep.mock.calls.length).toBeGreaterThanOrEqual(i)
    }
    expect(sweep.mock.calls.length).toBeLessThanOrEqual(1 + (4 * 1.1) / 0.9 + 1)
    await sweeper.stop()
  })

  test.each([
    [0, 0.9],
    [0.5, 1],
    [0.999999, 1.1],
  ])('is off by up to a tenth of the interval (%d)', async (random, factor) => {
    vi.spyOn(Math, 'random').mockReturnValue(random)
    const { sweeper, sweep } = setUp()
    await sweeper.start()
    await vi.advanceTimersByTimeAsync(MINUTE * factor - 2)
    expect(sweep).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(3)
    expect(sweep).toHaveBeenCalledTimes(2)
    await sweeper.stop()
  })

  test('called again starts no second timer, and joins the sweep that runs', async () => {
    let end = (_: number) => {}
    const { sweeper, sweep } = setUp(() => new Promise(resolve => (end = resolve)))
    const calls = [sweeper.start(), sweeper.start(), sweeper.start()]
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(1)
    end(5)
    expect(await Promise.all(calls)).toEqual([5, 5, 5])
    const again = sweeper.start()
    expect(sweep).toHaveBeenCalledTimes(2)
    expect(vi.getTimerCount()).toBe(1)
    end(0)
    expect(await again).toBe(0)
    await sweeper.stop()
  })

  test('a sweep that outlasts the interval is not doubled', async () => {
    const { sweeper, sweep } = setUp(() => new Promise(() => {}))
    void sweeper.start()
    await vi.advanceTimersByTimeAsync(MINUTE * 5)
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(1)
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
    expect(await sweeper.start()).toBe(0)
    expect(failed.mock.calls).toEqual([[{ error: expect.objectContaining({ message: 'down' }) }]])
    expect(swept).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(MINUTE * 1.1)
    expect(failed).toHaveBeenCalledTimes(2)
    await sweeper.stop()
  })

  test('gives what was reclaimed before a failure', async () => {
    let calls = 0
    const { sweeper } = setUp(async () => {
      if (++calls > 2) throw new Error('down')
      return 1000
    })
    expect(await sweeper.start()).toBe(2000)
    await sweeper.stop()
  })
})

describe('stop', () => {
  test('ends the timer, waits for the sweep that runs, and lets it start no further batch', async () => {
    let end = (_: number) => {}
    const { sweeper, sweep } = setUp(() => new Promise(resolve => (end = resolve)))
    const running = sweeper.start()
    let stopped = false
    const stopping = sweeper.stop().then(() => (stopped = true))
    await Promise.resolve()
    expect(stopped).toBe(false)
    end(1000)
    expect(await running).toBe(1000)
    await stopping
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
    expect(await sweeper.start()).toBe(0)
    await vi.advanceTimersByTimeAsync(MINUTE * 3)
    expect(sweep).toHaveBeenCalledTimes(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('the timer', () => {
  test('keeps no process alive', async () => {
    vi.useRealTimers()
    const setTimeoutSpy = vi.spyOn(globalThis, 'setTimeout')
    const { sweeper } = setUp()
    await sweeper.start()
    const timers = setTimeoutSpy.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timers).toHaveLength(1)
    expect(timers[0]?.hasRef()).toBe(false)
    await sweeper.stop()
  })

  test.each([
    [60, 60_000],
    [3600, 3_600_000],
    [30 * 86_400, 3_600_000],
  ])('of a manager with %d seconds of lifetime waits %d ms', async (maxLifetime, interval) => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5)
    await using manager = await newManager('memory', { maxLifetime })
    const swept = vi.fn()
    manager.on('swept', swept)
    expect(vi.getTimerCount()).toBe(0)
    await manager.gc()
    await vi.advanceTimersByTimeAsync(interval - 1)
    expect(swept).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(2)
    await vi.waitFor(() => expect(swept).toHaveBeenCalledTimes(2))
  })
})
