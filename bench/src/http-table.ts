import type { Route } from './contender.ts'
import type { GroupResult, Sample } from './http-bench.ts'
import { percent, table } from './markdown.ts'
import { bareOf, driverOf, ratio, rivalOf } from './ratios.ts'
import { median, spread } from './stats.ts'

/** Everyone of a group on one route. */
export function groupTable(result: GroupResult, route: Route): string {
  const { group, samples, allocated } = result
  const has = (kind: string) =>
    group.entries.some(entry => entry.kind === kind && samples.get(route)?.has(entry.id))
  const columns: [string, (id: string, own: Sample[]) => string][] = [
    ['requests/s', (_, own) => Math.round(median(rates(own))).toLocaleString('en')],
    ['spread', (_, own) => `± ${percent(spread(rates(own)))}`],
    ['of bare', id => asPercent(ratio(result, route, id, bareOf(group)?.id))],
  ]
  if (has('driver')) columns.push(['of driver', id => asPercent(ratio(result, route, id, driverFor(id)))])
  if (has('peer')) columns.push(['ours is', id => timesAsFast(id)])
  columns.push(
    ['CPU µs', (_, own) => median(own.map(sample => sample.cpuPerRequest)).toFixed(1)],
    ['heap KB', id => ((allocated.get(route)?.get(id) ?? Number.NaN) / 1000).toFixed(1)],
    ['p50 ms', (_, own) => median(own.map(sample => sample.p50)).toFixed(2)],
    ['p99 ms', (_, own) => median(own.map(sample => sample.p99)).toFixed(2)],
  )

  function driverFor(id: string): string | undefined {
    const entry = group.entries.find(entry => entry.id === id)
    return entry && entry.kind !== 'bare' ? driverOf(group, entry)?.id : undefined
  }

  function timesAsFast(id: string): string {
    const entry = group.entries.find(entry => entry.id === id)
    if (entry?.kind !== 'peer') return ''
    const measured = ratio(result, route, rivalOf(group, entry), id)
    return measured ? `${measured.median.toFixed(2)} ×` : ''
  }

  const rows = group.entries.flatMap(({ id, label }) => {
    const own = samples.get(route)?.get(id)
    return own ? [[label, ...columns.map(([, cell]) => cell(id, own))]] : []
  })
  return table(['', ...columns.map(([name]) => name)], rows)
}

function rates(own: Sample[]): number[] {
  return own.map(sample => sample.requestsPerSecond)
}

function asPercent(ratio: { median: number } | undefined): string {
  return ratio ? percent(ratio.median) : ''
}
