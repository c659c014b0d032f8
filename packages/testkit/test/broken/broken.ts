import type { Clock, RecordStore } from '@sess/core/engine'
import { checksOf, runChecks, type Subject } from '@sess/testkit'
import { expect } from 'vitest'
import { mapBackend, type Rows } from '../support/map-store.ts'

/** An engine that breaks one rule, and the checks that are there to catch it. */
export interface Broken {
  readonly subject: Subject
  /** Every check that fails, as `group / name`, and no other. `types / *` stands for several of that group. */
  readonly fails: readonly string[]
  /** A group that looks at nothing which this kind of engine could do wrong, to save the time. */
  readonly skips?: string
}

/** The fewest interleavings that show what each engine does wrong, the same in every run. */
export const repeatable: Pick<Subject, 'interleavings' | 'seed'> = { interleavings: 15, seed: 20261122 }

/** A record store that is right but for one thing. */
export function brokenStore(
  name: string,
  Store: new (rows: Rows, clock: Clock) => RecordStore,
  fails: readonly string[],
): Broken {
  const create: Subject['create'] = ({ clock }) => mapBackend(clock, Store)
  // To a record store all values are bytes, and `create` looks at those.
  return { subject: { name, ...repeatable, create }, fails, skips: 'types' }
}

/** The random interleavings come upon much that a rule of its own is there for. */
const random = 'concurrency / survives any interleaving'

/** Runs the whole kit, and fails unless it catches this engine where it should and nowhere else. */
export async function expectCaught({ subject, fails, skips }: Broken): Promise<void> {
  const groups = [...new Set(checksOf(subject).map(each => each.group))].filter(each => each !== skips)
  const results = await runChecks(subject, { groups })
  const failed = results
    .filter(each => each.outcome === 'failed')
    .map(each => `${each.group} / ${each.name}`)
    .filter(each => !each.startsWith(random) || fails.includes(each))
    .map(each => (fails.includes('types / *') && each.startsWith('types / ') ? 'types / *' : each))
  expect([...new Set(failed)].sort()).toEqual([...fails].sort())
  expect(fails.length).toBeGreaterThan(0)
}
