import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { fromRecordStore } from '../src/lib/engine.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import { newManager } from '../src/lib/new-manager.ts'
import { StillClock } from './support/clock.ts'
import { recordOf } from './support/entries.ts'

const SESSIONS = 1_000_000

/** How long other work had to wait for its turn, in milliseconds, while a task ran. */
async function pauses<T>(task: () => Promise<T>): Promise<{ result: T; pauses: number[] }> {
  const pauses: number[] = []
  let last = performance.now()
  let isRunning = true
  const probe = () => {
    const now = performance.now()
    pauses.push(now - last)
    last = now
    if (isRunning) setImmediate(probe)
  }
  setImmediate(probe)
  const result = await task()
  // What the last turn took counts too.
  await sleep(1)
  isRunning = false
  return { result, pauses }
}

/** Turns are counted, not timed: the longest pause is printed, but the machine may be busy with other things. */
function expectManyTurns(pauses: readonly number[]): void {
  expect(pauses.length).toBeGreaterThan(SESSIONS / 2000)
}

test('counting and sweeping a million sessions let other work through, a thousand or two at a time', async () => {
  const clock = new StillClock()
  const store = new MemoryStore({ clock })
  const data = recordOf([
    ['username', "'astaxie"],
    ['visits', '17'],
  ])
  for (let i = 0; i < SESSIONS; i++) {
    // As even as a hash, and much cheaper.
    const id = (Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').repeat(8)
    store.create(id, data, clock.now() + (i % 10 === 0 ? 7200 : 60) * 1000)
    if (i % 10_000 === 0) await sleep(1)
  }
  await using manager = await newManager(fromRecordStore(store), { clock })

  const counting = await pauses(() => manager.getActiveSession())
  expect(counting.result).toBe(SESSIONS)
  expectManyTurns(counting.pauses)

  clock.advance(3600 * 1000)
  const sweeping = await pauses(() => manager.gc())
  expect(sweeping.result).toBe((SESSIONS / 10) * 9)
  expectManyTurns(sweeping.pauses)
  expect(await manager.getActiveSession()).toBe(SESSIONS / 10)

  const figure = (pauses: number[]) => `${Math.max(...pauses).toFixed(1)} ms of ${pauses.length} turns`
  console.info(`longest pause: counting ${figure(counting.pauses)}, sweeping ${figure(sweeping.pauses)}`)
}, 120_000)
