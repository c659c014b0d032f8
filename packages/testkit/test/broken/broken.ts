import type { Clock, RecordStore } from '@sess/core/engine'
import { runChecks, type Subject } from '@sess/testkit'
import { expect } from 'vitest'
import { mapBackend, type Rows } from '../support/map-store.ts'

/** An engine that breaks one rule, and the checks that are there to catch it. */
export interface Broken {
  readonly subject: Subject
  /** Every check that fails, as `group / name`, and no other. `types / *` stands for several of that group. */
  readonly fails: readonly string[]
}

/** The fewest interleavings that show what each engine does wrong, the same in every run. */
export const repeatable: Pick<Subject, 'interleavings' | 'seed'> = { interleavings: 40, seed: 20261122 }

/** A record store that is right but for one thing. */
export function brokenStore(
  name: string,
  Store: new (rows: Rows, clock: Clock) => RecordStore,
  fails: readonly string[],
): Broken {
  return { subject: { name, ...repeatable, create: ({ clock }) => mapBackend(clock, Store) }, fails }
}

/** The random interleavings come upon much that a rule of its own is there for. */
const random = 'concurrency / survives any interleaving of requests'

/** Runs the whole kit, and fails unless it catches this engine where it should and nowhere else. */
export async function expectCaught({ subject, fails }: Broken): Promise<void> {
  const results = await runChecks(subject)
  const failed = results
    .filter(each => each.outcome === 'failed')
    .map(each => `${each.group} / ${each.name}`)
    .filter(each => each !== random || fails.includes(random))
    .map(each => (fails.includes('types / *') && each.startsWith('types / ') ? 'types / *' : each))
  expect([...new Set(failed)].sort()).toEqual([...fails].sort())
  expect(fails.length).toBeGreaterThan(0)
}
