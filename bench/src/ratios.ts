import type { Route } from './contender.ts'
import type { Entry, Group } from './groups.ts'
import type { GroupResult, Sample } from './http-bench.ts'
import { median } from './stats.ts'

export interface Ratio {
  median: number
  /** Of one round. */
  least: number
  most: number
  /** Median by processor time instead of requests per second. */
  byCpu: number
}

/**
 * How many times as fast one contender was as another. Round by round, so that a slow minute of the machine cancels
 * out; `undefined` if one of them did not take part.
 */
export function ratio(
  { samples }: GroupResult,
  route: Route,
  own: string | undefined,
  other: string | undefined,
): Ratio | undefined {
  const ofRoute = samples.get(route)
  const [ones, others] = [ofRoute?.get(own ?? ''), ofRoute?.get(other ?? '')]
  if (!ones || !others) return undefined
  const inRounds = (quotient: (one: Sample, other: Sample) => number) =>
    ones.map((one, i) => quotient(one, others[i] as Sample))
  const bySpeed = inRounds((one, other) => one.requestsPerSecond / other.requestsPerSecond)
  return {
    median: median(bySpeed),
    least: Math.min(...bySpeed),
    most: Math.max(...bySpeed),
    byCpu: median(inRounds((one, other) => other.cpuPerRequest / one.cpuPerRequest)),
  }
}

export function bareOf({ entries }: Group): Entry | undefined {
  return entries.find(({ kind }) => kind === 'bare')
}

/** The driver that one of ours or a peer is compared with. */
export function driverOf(group: Group, entry: Entry): Entry | undefined {
  const rival = rivalOf(group, entry)
  return group.entries.find(other => other.kind === 'driver' && rivalOf(group, other) === rival)
}

/** The one of ours that a contender is compared with; for one of ours itself. */
export function rivalOf({ entries }: Group, { id, module = id, kind, rival }: Entry): string | undefined {
  if (kind === 'ours') return module
  return rival ?? entries.find(entry => entry.kind === 'ours')?.id
}
