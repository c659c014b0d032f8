import type { Route } from './contender.ts'
import type { GroupResult } from './http-bench.ts'
import { type Ratio, ratio } from './ratios.ts'

/** How many times as fast one contender has to be as another of its group. */
export interface Target {
  group: string
  route: Route
  own: string
  other: string
  atLeast: number
}

export interface TargetResult extends Target {
  result: GroupResult
  ratio: Ratio
}

/** Reads and changes. */
function both(group: string, own: string, other: string, reads: number, changes: number = reads): Target[] {
  return [
    { group, own, other, route: 'read', atLeast: reads },
    { group, own, other, route: 'change', atLeast: changes },
  ]
}

function reads(group: string, own: string, other: string, atLeast: number): Target {
  return { group, own, other, route: 'read', atLeast }
}

function untouched(group: string): Target {
  return { group, own: `sess-${group}-lazy`, other: 'bare', route: 'untouched', atLeast: 0.95 }
}

export const targets: readonly Target[] = [
  ...both('redis', 'sess-redis', 'driver-redis', 0.85, 0.8),
  ...both('redis', 'sess-redis', 'express-redis', 3),
  reads('memory', 'sess-memory', 'bare', 0.6),
  reads('memory', 'sess-memory', 'express-memory', 3.5),
  ...both('cookie', 'sess-cookie', 'iron-session', 8),
  ...both('cookie', 'sess-cookie', 'cookie-session', 2),
  ...both('postgres', 'sess-postgres', 'driver-postgres', 0.85, 0.8),
  reads('postgres', 'sess-postgres', 'express-postgres', 3),
  ...both('mysql', 'sess-mysql', 'driver-mysql', 0.85, 0.8),
  reads('mysql', 'sess-mysql', 'express-mysql', 4),
  ...both('memcache', 'sess-memcache', 'driver-memcache', 0.85, 0.8),
  reads('memcache', 'sess-memcache', 'express-memcached', 3),
  ...both('file', 'sess-file', 'express-file-no-sync', 5),
  ...both('file', 'sess-file-sync', 'express-file', 5),
  ...['memory', 'cookie', 'redis', 'postgres', 'mysql', 'memcache', 'file'].map(untouched),
]

/** What was measured of the targets. */
export function measuredTargets(results: readonly GroupResult[]): TargetResult[] {
  return targets.flatMap(target =>
    results
      .filter(({ group }) => group.id === target.group)
      .flatMap(result => {
        const measured = ratio(result, target.route, target.own, target.other)
        return measured ? [{ ...target, result, ratio: measured }] : []
      }),
  )
}

export function isMet({ ratio, atLeast }: TargetResult): boolean {
  return ratio.median >= atLeast
}

/** Whether one round says this and another that. */
export function isNoisy({ ratio, atLeast }: TargetResult): boolean {
  return ratio.least < atLeast && ratio.most >= atLeast
}
