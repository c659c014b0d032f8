import { appendFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../daemon.ts'
import type { Stage } from './stage.ts'

/** Round trips of each operation, seen on the network. */
export interface RoundTrips {
  load: number
  create: number
  swap: number
  extension: number
  destroy: number
  regenerate: number
}

/** What core's design promises, on every engine. */
export const promised: RoundTrips = {
  load: 1,
  create: 1,
  swap: 1,
  extension: 1,
  destroy: 1,
  regenerate: 2,
}

/** How often each is measured; drivers do other things now and then, so the middle one counts. */
const times = 5

export async function measureRoundTrips(stage: Stage<Server>): Promise<RoundTrips> {
  const route = await stage.proxied()
  const child = await stage.openedChild(stage.setup({ route }))
  const seen: Record<keyof RoundTrips, number[]> = {
    load: [],
    create: [],
    swap: [],
    extension: [],
    destroy: [],
    regenerate: [],
  }
  const measure = async <T>(what: keyof RoundTrips, work: () => Promise<T>, less = 0): Promise<T> => {
    const before = route.exchanges
    const result = await work()
    // What runs beside the request is counted too.
    await sleep(30)
    seen[what].push(route.exchanges - before - less)
    return result
  }
  // The first time, statements are prepared and scripts are loaded.
  for (let i = 0; i < times + 1; i++) {
    if (i === 1) for (const counts of Object.values(seen)) counts.length = 0
    await child.call('beginVisit')
    const cookie = await measure('create', () => child.call('change'))
    await measure('load', () => child.call('beginVisit', cookie))
    await measure('swap', () => child.call('change'))
    await child.call('moveClock', 1_000_000)
    await measure('extension', () => child.call('beginVisit', cookie), 1)
    const moved = await measure('regenerate', () => child.call('regenerate'))
    await child.call('beginVisit', moved)
    await measure('destroy', () => child.call('destroy'))
  }
  return Object.fromEntries(
    Object.entries(seen).map(([what, counts]) => [what, middle(counts)]),
  ) as unknown as RoundTrips
}

function middle(counts: readonly number[]): number {
  return [...counts].sort((a, b) => a - b)[Math.floor(counts.length / 2)] as number
}

/** Adds a row to the table, if somebody collects one: see `scripts/round-trips.mjs`. */
export async function reportRoundTrips(title: string, measured: RoundTrips): Promise<void> {
  const file = process.env.SESS_TEST_ROUND_TRIPS
  if (file) await appendFile(file, `${JSON.stringify({ engine: title, ...measured })}\n`)
}
