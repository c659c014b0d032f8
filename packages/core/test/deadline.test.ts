import { performance } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Deadline } from '../src/lib/deadline.ts'
import { SessionError } from '../src/lib/errors.ts'

vi.mock('../src/lib/timers.ts', async original => ({
  ...(await original<object>()),
  ...(await import('./support/global-timers.ts')),
}))

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now())
})

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

const never = () => new Promise<never>(() => {})

describe('a call', () => {
  test('that answers at once is not made a promise', () => {
    expect(new Deadline(100).run('load', () => 5)).toBe(5)
    expect(new Deadline(100).run('load', () => undefined)).toBeUndefined()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that answers in time gives its answer and leaves no timer', async () => {
    const deadline = new Deadline(100)
    const answer = deadline.run('load', () => new Promise<number>(resolve => setTimeout(resolve, 99, 5)))
    await vi.advanceTimersByTimeAsync(99)
    expect(await answer).toBe(5)
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that does not answer is given up, by name and time', async () => {
    const answer = new Deadline(100).run('load', never)
    const failure = expect(answer).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/'load'.*100 ms/),
    })
    await vi.advanceTimersByTimeAsync(100)
    await failure
    expect(vi.getTimerCount()).toBe(0)
  })

  test('that answers or fails too late is nobody’s unhandled rejection', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    try {
      const late = new Deadline(10).run(
        'load',
        () => new Promise((_, reject) => setTimeout(reject, 50, new Error('late'))),
      )
      const failure = expect(late).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
      await vi.advanceTimersByTimeAsync(60)
      await failure
      await new Promise(resolve => setImmediate(resolve))
      expect(unhandled).not.toHaveBeenCalled()
    } finally {
      process.off('unhandledRejection', unhandled)
    }
  })

  test('may give any thenable', async () => {
    const thenable = {
      // biome-ignore lint/suspicious/noThenProperty: drivers do
      then: (resolve: (value: number) => void) => resolve(5),
    } as PromiseLike<number>
    expect(await new Deadline(100).run('load', () => thenable)).toBe(5)
  })
})

describe('calls of one operation', () => {
  test('share its time', async () => {
    const deadline = new Deadline(100)
    await Promise.all([
      deadline.run('load', () => new Promise(resolve => setTimeout(resolve, 80))),
      vi.advanceTimersByTimeAsync(80),
    ])
    expect(deadline.isOver).toBe(false)
    const second = deadline.run('update', never)
    const failure = expect(second).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(20)
    await failure
    expect(deadline.isOver).toBe(true)
  })

  test('that begin too late are given up at once', async () => {
    const deadline = new Deadline(100)
    await deadline.run('load', async () => undefined)
    await vi.advanceTimersByTimeAsync(500)
    const failure = expect(deadline.run('load', never)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await vi.advanceTimersByTimeAsync(1)
    await failure
  })

  test('for maintenance have a minute or more', () => {
    const short = Deadline.forMaintenance(100)
    const long = Deadline.forMaintenance(120_000)
    expect([short.isOver, long.isOver]).toEqual([false, false])
    vi.advanceTimersByTime(59_000)
    expect(short.isOver).toBe(false)
    vi.advanceTimersByTime(1000)
    expect(short.isOver).toBe(true)
    expect(long.isOver).toBe(false)
  })
})

describe('an error', () => {
  const secret = 'f'.repeat(64)
  const drivers: [string, unknown, RegExp][] = [
    [
      'with a code',
      Object.assign(new Error(`key ${secret}`), { code: 'ECONNREFUSED' }),
      /'load': ECONNREFUSED; see cause/,
    ],
    ['with a number', Object.assign(new Error(secret), { code: 1062 }), /1062; see cause/],
    ['with a name', new TypeError(secret), /TypeError; see cause/],
    ['that is text', secret, /see cause/],
    ['that is nothing', undefined, /see cause/],
    ['that is null', null, /see cause/],
  ]
  test.each(drivers)(
    'of a driver %s is wrapped, thrown or rejected, and its message kept out',
    async (_, cause, message) => {
      const wrapped = { code: 'ERR_BACKEND', cause, message: expect.stringMatching(message) }
      const failures = [
        new Deadline(100).run('load', () => Promise.reject(cause)),
        (async () =>
          new Deadline(100).run('load', () => {
            throw cause
          }))(),
      ]
      for (const failure of failures) {
        const error = await Promise.resolve(failure).catch((reason: unknown) => reason)
        expect(error).toMatchObject(wrapped)
        expect((error as Error).message).not.toContain(secret)
      }
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  test('of the engine itself passes as it is', async () => {
    const reason = new SessionError('ERR_TOO_LARGE', 'too large')
    await expect(new Deadline(100).run('create', () => Promise.reject(reason))).rejects.toBe(reason)
    expect(() =>
      new Deadline(100).run('create', () => {
        throw reason
      }),
    ).toThrow(reason)
  })
})
