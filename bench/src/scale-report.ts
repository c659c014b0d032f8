import { cpus, loadavg, release, type } from 'node:os'
import { type EngineFigures, type Latency, scaleEngines } from './scale-engines.ts'
import type { MemoryFigures } from './scale-memory.ts'
import { longest, type Watched } from './scale-pauses.ts'
import type { Measured } from './scale-process.ts'

export interface ScaleResults {
  memory?: Measured<MemoryFigures>
  map?: Measured<MemoryFigures>
  engines: Map<string, Measured<EngineFigures | null>>
}

export function scaleReport(command: string, { memory, map, engines }: ScaleResults): string {
  const cores = cpus()
  const parts = [
    [
      `- Command: \`${command}\``,
      `- Date: ${new Date().toISOString().slice(0, 10)}`,
      `- Machine: ${cores.length} × ${cores[0]?.model.trim()}, ${type()} ${release()}; Node ${process.versions.node}`,
      `- Load of the last five minutes, this bench included: ${loadavg()[1]?.toFixed(1)}. On an idle machine it is below 2.5`,
    ].join('\n'),
  ]
  const stores = [
    ...(memory ? [{ title: '@sess/core memory', ...memory }] : []),
    ...(map ? [{ title: 'one Map, swept in one go', ...map }] : []),
  ]
  if (stores.length > 0) {
    const sessions = count(stores[0]?.figures.sessions ?? 0)
    parts.push(`### ${sessions} sessions in memory`, memoryTable(stores), pauseTable(stores))
  }
  const measured = [...engines].flatMap(([name, { figures, collections }]) =>
    figures ? [{ engine: scaleEngines[name], figures, collections }] : [],
  )
  if (measured.length > 0) {
    const many = count(measured[0]?.figures.many ?? 0)
    parts.push(`### ${many} files, rows and keys`, costTable(measured))
    const swept = measured.filter(({ figures }) => figures.sweep)
    if (swept.length > 0) parts.push(sweepTable(swept))
  }
  const missing = [...engines].filter(([, { figures }]) => figures === null).map(([name]) => name)
  if (missing.length > 0) parts.push(`Not measured, as there is no server: ${missing.join(', ')}.`)
  return parts.join('\n\n')
}

type Store = { title: string } & Measured<MemoryFigures>

function memoryTable(stores: Store[]): string {
  return table(
    ['', 'bytes of data', 'bytes beyond the data', 'created/s', 'requests/s', 'swept/s', 'counted/s'],
    stores.map(({ title, figures }) => [
      title,
      count(figures.data),
      count(figures.overhead),
      rate(figures.create),
      rate(figures.serve),
      rate(figures.sweep),
      rate(figures.count),
    ]),
  )
}

function pauseTable(stores: Store[]): string {
  const stages = {
    create: 'creating',
    serve: 'serving',
    count: 'counting',
    sweep: 'sweeping',
    sweepWhileServing: 'sweeping while serving',
  } as const
  return table(
    ['longest pause, ms', '', 'ours', 'garbage collector', 'whole'],
    Object.entries(stages).flatMap(([stage, label]) =>
      stores.map(({ title, figures, collections }) => {
        const pauses = longest(figures[stage as keyof typeof stages].pauses, collections)
        return [label, title, tenths(pauses.ours), tenths(pauses.collector), tenths(pauses.all)]
      }),
    ),
  )
}

type Engine = { engine: (typeof scaleEngines)[string] | undefined } & Measured<EngineFigures>

function costTable(engines: Engine[]): string {
  const first = engines[0]?.figures
  const [few, many] = [count(first?.few ?? 0), count(first?.many ?? 0)]
  return table(
    ['a request, µs', '', `${few} sessions`, `${many} sessions`, 'ratio'],
    engines.flatMap(({ engine, figures }) =>
      (['read', 'change'] as const).map(action => {
        const cost = figures.cost[action]
        return [
          action === 'read' ? 'reads one key' : 'changes one key',
          `${engine?.title}: ${engine?.unit}`,
          count(cost.few * 1000),
          count(cost.many * 1000),
          cost.ratio.toFixed(2),
        ]
      }),
    ),
  )
}

function sweepTable(engines: Engine[]): string {
  return table(
    [
      'a sweep',
      'swept',
      'swept/s',
      'longest pause, ours, ms',
      'of the garbage collector, ms',
      'requests meanwhile, ms: p50, p99, longest',
      'without a sweep',
    ],
    engines.flatMap(({ engine, figures: { sweep }, collections }) => {
      if (!sweep) return []
      const pauses = longest(sweep.pauses, collections)
      const requests = ({ p50, p99, max }: Latency) => [p50, p99, max].map(tenths).join(', ')
      return [
        [
          `${engine?.title}`,
          count(sweep.result),
          rate(sweep),
          tenths(pauses.ours),
          tenths(pauses.collector),
          requests(sweep.during),
          requests(sweep.before),
        ],
      ]
    }),
  )
}

function rate({ result, milliseconds }: Watched<number>): string {
  return count((result / milliseconds) * 1000)
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function tenths(value: number): string {
  return value.toFixed(1)
}

function table(head: string[], rows: string[][]): string {
  const align = head.map((_, i) => (rows.every(row => /^[\d.,\s]*$/.test(row[i] ?? '')) ? '---:' : '---'))
  return [head, align, ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')
}
