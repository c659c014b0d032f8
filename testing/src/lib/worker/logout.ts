import type { Manager } from '@sess/core'
import { Random } from '../random.ts'
import { Interleaving } from './interleaving.ts'
import { MovableClock, openManager, type Setup } from './setup.ts'

/** How many visitors are logged out side by side. */
const together = 5

/** How often each thing happened, to see that the requests did meet. */
export interface LogoutReport {
  destroyed: number
  regenerated: number
  extended: number
  dropped: number
}

/** Logs a visitor out while other requests of the same session are under way, again and again. */
export async function logOutAmidst(setup: Setup, interleavings: number, seed: number): Promise<LogoutReport> {
  const clock = new MovableClock()
  const open = () => openManager(setup, { clock, touchEvery: 1 })
  const managers: [Manager, Manager] = [await open(), await open()]
  const report: LogoutReport = { destroyed: 0, regenerated: 0, extended: 0, dropped: 0 }
  for (const manager of managers)
    for (const name of ['destroyed', 'regenerated', 'extended', 'dropped'] as const)
      manager.on(name, () => report[name]++)
  const others = await countSessions(managers[0])
  for (let first = seed; first < seed + interleavings; first += together) {
    clock.reset()
    const seeds = Array.from(
      { length: Math.min(together, seed + interleavings - first) },
      (_, i) => first + i,
    )
    await Promise.all(
      seeds.map(async each => {
        try {
          await new Interleaving(managers, clock, new Random(each)).run()
        } catch (cause) {
          throw new Error(`The interleaving with seed ${each} failed`, { cause })
        }
      }),
    )
    const left = (await countSessions(managers[0])) - others
    if (left !== 0)
      throw new Error(`${left} sessions are left of the interleavings with seeds ${seeds.join(', ')}`)
  }
  await Promise.all(managers.map(manager => manager.close()))
  return report
}

async function countSessions(manager: Manager): Promise<number> {
  return manager.capabilities.count ? manager.getActiveSession() : 0
}
