import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus, release, type } from 'node:os'
import { contenders, type HttpResults, type Sample } from './http-bench.ts'
import type { MicroResult } from './micro.ts'
import { pinned } from './processes.ts'
import { median, spread } from './stats.ts'

const routeTitles = {
  untouched: 'The handler leaves the session alone',
  read: 'The handler reads one key',
  change: 'The handler changes one key',
}

/** The whole report as Markdown. */
export function report(command: string, http: HttpResults | undefined, micro: MicroResult[]): string {
  const parts = [conditions(command)]
  for (const [route, samples] of http ?? []) parts.push(`### ${routeTitles[route]}`, httpTable(samples))
  if (http) parts.push(...warnings(http))
  if (micro.length > 0) parts.push('### Single operations', microTable(micro))
  return parts.join('\n\n')
}

function conditions(command: string): string {
  const cores = cpus()
  return [
    `- Command: \`${command}\``,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${cores.length} × ${cores[0]?.model.trim()}, ${type()} ${release()}; ${
      pinned ? 'servers on one core, load generator on another' : 'nothing pinned to a core'
    }`,
    `- Versions: Node ${process.versions.node}, ${['express-session', 'session-file-store', '@sess/core']
      .map(name => `${name} ${versionOf(name)}`)
      .join(', ')}`,
  ].join('\n')
}

function versionOf(name: string): string {
  for (const folder of createRequire(import.meta.url).resolve.paths(name) ?? []) {
    try {
      return (JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')) as { version: string })
        .version
    } catch {}
  }
  return 'unknown'
}

function httpTable(samples: Map<string, Sample[]>): string {
  const rows = contenders.flatMap(({ id, label, peer }) => {
    const own = samples.get(id)
    if (!own) return []
    const bare = samples.get('bare')
    const peers = peer === undefined ? undefined : samples.get(peer)
    const rates = own.map(sample => sample.requestsPerSecond)
    return [
      [
        label,
        Math.round(median(rates)).toLocaleString('en'),
        `± ${percent(spread(rates))}`,
        bare ? percent(ratio(own, bare)) : '',
        peers ? `${ratio(own, peers).toFixed(2)} ×` : '',
        median(own.map(sample => sample.cpuPerRequest)).toFixed(1),
        median(own.map(sample => sample.p50)).toFixed(2),
        median(own.map(sample => sample.p99)).toFixed(2),
      ],
    ]
  })
  return table(['', 'requests/s', 'spread', 'of bare', 'of its peer', 'CPU µs', 'p50 ms', 'p99 ms'], rows)
}

/** The median of the ratios round by round, so that a slow minute of the machine cancels out. */
function ratio(own: Sample[], other: Sample[]): number {
  return median(own.map(({ requestsPerSecond }, i) => requestsPerSecond / (other[i]?.requestsPerSecond ?? 0)))
}

/** What would make the figures mean something else than they seem to. */
function warnings(http: HttpResults): string[] {
  const all = [...http.values()].flatMap(samples => [...samples.values()])
  const busy = Math.max(...all.map(own => median(own.map(sample => sample.busy))))
  const widest = Math.max(...all.map(own => spread(own.map(sample => sample.requestsPerSecond))))
  const lines = [`The load generator was at most ${percent(busy)} busy.`]
  if (busy > 0.95) lines.push('**It, not the server, is what was measured.**')
  if (widest > 0.3)
    lines.push(
      `**The machine did other work meanwhile (spread up to ${percent(widest)}): run it again when it is idle.**`,
    )
  return lines
}

function microTable(micro: MicroResult[]): string {
  return table(
    ['', 'µs', 'spread', 'note'],
    micro.map(({ name, microseconds, note }) => [
      name,
      median(microseconds).toFixed(2),
      `± ${percent(spread(microseconds))}`,
      note ?? '',
    ]),
  )
}

function table(head: string[], rows: string[][]): string {
  const align = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, align, ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}
