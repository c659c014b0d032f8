import { cpus, release, type } from 'node:os'
import { routes } from './contender.ts'
import type { GroupResult, Scenario } from './http-bench.ts'
import { groupTable } from './http-table.ts'
import { folded, percent, table } from './markdown.ts'
import type { MicroResult } from './micro.ts'
import { pinned } from './processes.ts'
import { median, spread } from './stats.ts'
import { isMet, isNoisy, measuredTargets, type TargetResult } from './targets.ts'
import { packageVersions } from './versions.ts'

const routeTitles = {
  untouched: 'The handler leaves the session alone',
  read: 'The handler reads one key',
  change: 'The handler changes one key',
  login: 'A new visitor logs in',
}

/** The whole report as Markdown. */
export function report(command: string, results: GroupResult[], micro: MicroResult[]): string {
  const parts = [conditions(command, results)]
  if (results.length > 0) parts.push('![Requests per second](figures.svg)', ...warnings(results))
  const targets = measuredTargets(results)
  if (targets.length > 0) parts.push('### Targets', targetTable(targets))
  if (results.length > 0) parts.push('### All figures', ...results.map(groupSection))
  if (micro.length > 0) parts.push('### Single operations', microTable(micro))
  return parts.join('\n\n')
}

function conditions(command: string, results: GroupResult[]): string {
  const cores = cpus()
  const servers = results.flatMap(({ server = [] }) => server)
  return [
    `- Command: \`${command}\``,
    `- Date: ${new Date().toISOString().slice(0, 10)}`,
    `- Machine: ${cores.length} × ${cores[0]?.model.trim()}, ${type()} ${release()}; ${
      pinned ? 'contenders on one core, load generator on another' : 'nothing pinned to a core'
    }`,
    `- Versions: Node ${[process.versions.node, ...new Set(servers), ...packageVersions(results.length > 0)].join(', ')}`,
  ].join('\n')
}

/** What would make the figures mean something else than they seem to, and what is missing. */
function warnings(results: GroupResult[]): string[] {
  const all = results.flatMap(({ samples }) =>
    [...samples.values()].flatMap(ofRoute => [...ofRoute.values()]),
  )
  const busy = Math.max(...all.map(own => median(own.map(sample => sample.busy))))
  const widest = Math.max(...all.map(own => spread(own.map(sample => sample.requestsPerSecond))))
  const lines = [`The load generator was at most ${percent(busy)} busy.`]
  if (busy > 0.95) lines.push('**It, not the server, is what was measured.**')
  if (widest > 0.3)
    lines.push(
      `**The machine did other work meanwhile (spread up to ${percent(widest)}): run it again when it is idle.**`,
    )
  const skipped = results.flatMap(result => result.skipped)
  if (skipped.length > 0) lines.push(`Not measured:\n\n${skipped.map(what => `- ${what}`).join('\n')}`)
  return lines
}

function targetTable(targets: TargetResult[]): string {
  const isOneScenario = new Set(targets.map(({ result }) => conditionsOf(result.scenario))).size === 1
  const rows = targets.map(target => {
    const { result, route, ratio, atLeast } = target
    const label = (wanted: string) => result.group.entries.find(({ id }) => id === wanted)?.label ?? wanted
    return [
      `${label(target.own)} ÷ ${label(target.other)}`,
      route,
      ...(isOneScenario ? [] : [conditionsOf(result.scenario)]),
      String(atLeast),
      `**${ratio.median.toFixed(2)}**`,
      `${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}`,
      ratio.byCpu.toFixed(2),
      `${isMet(target) ? 'met' : '**missed**'}${isNoisy(target) ? ', within the noise' : ''}`,
    ]
  })
  const head = [
    '',
    'route',
    ...(isOneScenario ? [] : ['']),
    'at least',
    'measured',
    'rounds',
    'by CPU time',
    '',
  ]
  return table(head, rows)
}

function conditionsOf({ connections, size }: Scenario): string {
  return `${connections} connections, ${size.toLocaleString('en')} bytes`
}

function groupSection(result: GroupResult): string {
  const measured = routes.filter(route => result.samples.has(route))
  const tables = measured.flatMap(route => [`#### ${routeTitles[route]}`, groupTable(result, route)])
  return folded(`${result.group.title}: ${conditionsOf(result.scenario)}`, tables)
}

function microTable(micro: MicroResult[]): string {
  return table(
    ['', 'µs', 'spread', 'bytes', 'note'],
    micro.map(({ name, microseconds, bytes, note }) => [
      name,
      median(microseconds).toFixed(2),
      `± ${percent(spread(microseconds))}`,
      Math.round(bytes).toLocaleString('en'),
      note ?? '',
    ]),
  )
}
