import timers from 'node:timers'
import promises from 'node:timers/promises'
import type { Manager } from '@sess/core'
import { Visit } from './visit.ts'

/**
 * Replaces what tests that travel in time replace, as vitest, sinon and jest do it: the global `Date` and timers, and
 * the properties of the modules that have them. These timers never fire. Real ones can still be cleared.
 */
export function fakeTimers(): void {
  const Real = Date
  const now = Real.now()
  const fakes = {
    Date: class extends Real {
      static override now(): number {
        return now
      }
    },
    setTimeout: () => idle,
    setInterval: () => idle,
    setImmediate: () => idle,
    queueMicrotask() {},
    performance: { ...performance, now: () => 0 },
  }
  for (const [name, value] of Object.entries(fakes))
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  const { setTimeout, setInterval, setImmediate } = fakes
  Object.assign(timers, { setTimeout, setInterval, setImmediate })
  const never = () => new Promise(() => {})
  Object.assign(promises, { setTimeout: never, setImmediate: never })
}

const idle = { ref: () => idle, unref: () => idle, hasRef: () => false, [Symbol.toPrimitive]: () => 0 }

/** All that a manager does for its visitors, several of them at once. */
export async function useManager(manager: Manager): Promise<void> {
  await Promise.all(Array.from({ length: 5 }, () => useSession(manager)))
  await manager.gc()
  await manager.getActiveSession().catch((error: { code?: string }) => {
    if (error.code !== 'ERR_UNSUPPORTED') throw error
  })
}

async function useSession(manager: Manager): Promise<void> {
  const first = await Visit.begin(manager)
  first.session.set('n', 0)
  await first.release()
  const { cookie } = first
  const visits = await Promise.all(Array.from({ length: 5 }, () => Visit.begin(manager, cookie)))
  for (const { session } of visits) session.update('n', n => (n as number) + 1)
  await Promise.all(visits.map(visit => visit.release()))
  const last = await Visit.begin(manager, cookie)
  if (last.session.get('n') !== 5) throw new Error('An update was lost')
  await last.regenerate()
  await last.release()
  const again = await Visit.begin(manager, last.cookie)
  await again.destroy()
}
