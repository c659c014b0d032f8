import type { Route } from './contender.ts'
import type { Entry } from './groups.ts'
import type { GroupResult } from './http-bench.ts'
import { median } from './stats.ts'

const WIDTH = 900
const LABEL = 300
const COLUMN = (WIDTH - LABEL) / 2
/** What is right of the longest bar is for its number. */
const BAR = COLUMN - 70
const ROW = 18
const HEAD = 34

const columns: readonly (readonly [Route, string])[] = [
  ['read', 'reads one key'],
  ['change', 'changes one key'],
]

const style = `
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.group { font-weight: 600 }
.number, .axis { fill: #59636e }
.bare { fill: #c5ccd3 } .driver { fill: #8b949e } .ours { fill: #0969da } .peer { fill: #d4a72c }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .number, .axis { fill: #9198a1 }
  .bare { fill: #3d444d } .driver { fill: #656c76 } .ours { fill: #4493f8 } .peer { fill: #9e6a03 }
}`

/**
 * Requests per second as an SVG: a block for each group under the first scenario it was measured in, a bar for each
 * contender, as long as it is fast beside the fastest of its group.
 */
export function chart(results: readonly GroupResult[]): string {
  const shapes: string[] = []
  let y = 22
  for (const [i, [, title]] of columns.entries())
    shapes.push(text(LABEL + i * COLUMN, y, `${title}, requests/s`, 'axis'))
  for (const result of firstOfEach(results)) {
    y += HEAD
    shapes.push(text(0, y, result.group.title, 'group'))
    for (const entry of result.group.entries) {
      if (!result.samples.get('read')?.has(entry.id)) continue
      y += ROW
      shapes.push(text(0, y, entry.label), ...bars(result, entry, y))
    }
  }
  const height = y + 14
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    '<title>Requests per second of every contender, by group</title>',
    `<style>${style}\n</style>`,
    ...shapes,
    '</svg>\n',
  ].join('\n')
}

function firstOfEach(results: readonly GroupResult[]): GroupResult[] {
  const measured = results.filter(({ samples }) => samples.size > 0)
  return measured.filter((result, i) => measured.findIndex(({ group }) => group.id === result.group.id) === i)
}

function bars({ group, samples }: GroupResult, { id, kind }: Entry, y: number): string[] {
  return columns.flatMap(([route], i) => {
    const rate = (wanted: string) =>
      median((samples.get(route)?.get(wanted) ?? []).map(sample => sample.requestsPerSecond))
    const longest = Math.max(...group.entries.map(entry => rate(entry.id)).filter(Number.isFinite))
    const own = rate(id)
    if (!Number.isFinite(own)) return []
    const x = LABEL + i * COLUMN
    const length = Math.max(1, (own / longest) * BAR)
    return [
      `<rect class="${kind}" x="${x}" y="${y - 11}" width="${length.toFixed(1)}" height="13" rx="2"/>`,
      text(x + length + 5, y, Math.round(own).toLocaleString('en'), 'number'),
    ]
  })
}

function text(x: number, y: number, content: string, className?: string): string {
  const escaped = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y}"${className ? ` class="${className}"` : ''}>${escaped}</text>`
}
