import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type LifetimePolicy, Lifetimes } from '../src/lib/lifetimes.ts'

const start = 1_800_000_000_000
let now = start
const clock = { now: () => now }

function lifetimes(policy: Partial<LifetimePolicy> = {}): Lifetimes {
  now = start
  return new Lifetimes({ maxLifetime: 3600, absoluteLifetime: 0, touchEvery: undefined, ...policy }, clock)
}

describe('when a session ends', () => {
  test('an idle lifetime after it was saved', () => {
    const policy = lifetimes()
    expect(policy.expiresAt(start, 0)).toBe(start + 3_600_000)
    now += 1000
    expect(policy.expiresAt(start, 0)).toBe(start + 3_601_000)
  })

  test('its own lifetime comes before the manager’s', () => {
    expect(lifetimes().expiresAt(start, 60)).toBe(start + 60_000)
    expect(lifetimes().expiresAt(start, 30 * 86_400)).toBe(start + 30 * 86_400_000)
  })

  test('never later than the absolute lifetime after its creation', () => {
    const policy = lifetimes({ absoluteLifetime: 5000 })
    expect(policy.expiresAt(start, 0)).toBe(start + 3_600_000)
    now += 4_000_000
    expect(policy.expiresAt(start, 0)).toBe(start + 5_000_000)
    expect(policy.expiresAt(start, 86_400)).toBe(start + 5_000_000)
    now += 4_000_000
    expect(policy.isExpired(policy.expiresAt(start, 0))).toBe(true)
  })

  test('is over at that very millisecond, and not one before', () => {
    const policy = lifetimes()
    const end = policy.expiresAt(start, 0)
    now = end - 1
    expect(policy.isExpired(end)).toBe(false)
    now = end
    expect(policy.isExpired(end)).toBe(true)
  })
})

describe('an extension is due', () => {
  const dueAfter = (policy: Lifetimes, lifetime = 0): number => {
    const session = { createdAt: start, lifetime, expiresAt: policy.expiresAt(start, lifetime) }
    for (let second = 0; second <= 10_000; second++) {
      now = start + second * 1000
      if (policy.isExtensionDue(session)) return second
    }
    return Number.POSITIVE_INFINITY
  }

  test.each<[string, Partial<LifetimePolicy>, number, number]>([
    ['after a tenth of the lifetime', {}, 0, 360],
    ['after a tenth of its own lifetime', {}, 600, 60],
    ['after a tenth of its own lifetime, where touchEvery is longer', { touchEvery: 900 }, 600, 60],
    ['never, where the user says when', { touchEvery: 0xffffffff }, 600, Number.POSITIVE_INFINITY],
    ['after touchEvery, where its own lifetime is long', { touchEvery: 900 }, 86_400, 900],
    ['after touchEvery', { touchEvery: 5 }, 0, 5],
    ['after touchEvery whatever its own lifetime', { touchEvery: 5 }, 600, 5],
    ['as soon as the clock moves with touchEvery 0', { touchEvery: 0 }, 0, 1],
    ['after a tenth within a long absolute lifetime', { absoluteLifetime: 86_400 }, 0, 360],
    ['never when it would gain nothing', { absoluteLifetime: 3600 }, 0, Number.POSITIVE_INFINITY],
    ['never when it would gain too little', { absoluteLifetime: 3900 }, 0, Number.POSITIVE_INFINITY],
    ['never when touchEvery is longer than it lives', { touchEvery: 20_000 }, 0, Number.POSITIVE_INFINITY],
  ])('%s', (_, policy, lifetime, seconds) => {
    expect(dueAfter(lifetimes(policy), lifetime)).toBe(seconds)
  })

  test('not for a session that a backend keeps a second longer', () => {
    const policy = lifetimes({ touchEvery: 0 })
    const expiresAt = Math.ceil((policy.expiresAt(start, 0) + 1) / 1000) * 1000
    expect(policy.isExtensionDue({ createdAt: start, lifetime: 0, expiresAt })).toBe(false)
  })

  test('at most once per touchEvery, whenever requests come', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 50 }),
        (touchEvery, pauses) => {
          const policy = lifetimes({ touchEvery })
          let session = { createdAt: start, lifetime: 0, expiresAt: policy.expiresAt(start, 0) }
          const extended = [start]
          for (const pause of pauses) {
            now += pause
            if (!policy.isExtensionDue(session)) continue
            session = { ...session, expiresAt: policy.expiresAt(start, 0) }
            extended.push(now)
          }
          extended.slice(1).forEach((at, i) => {
            expect(at - (extended[i] as number)).toBeGreaterThanOrEqual(touchEvery * 1000)
          })
        },
      ),
    )
  })
})
