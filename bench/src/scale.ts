import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { scaleEngines } from './scale-engines.ts'
import { measure } from './scale-process.ts'
import { type ScaleResults, scaleReport } from './scale-report.ts'

const parts = ['memory', 'map', ...Object.keys(scaleEngines)]

const usage = `pnpm bench:scale [options]
  --sessions N      in memory (1000000)
  --stored N        in files, rows and keys (100000), beside a hundredth of them
  --seconds N       of requests to memory, and before a sweep (5)
  --only A,B        only these: ${parts.join(', ')}
  --directory PATH  where the file engine keeps its files (${tmpdir()})
  --write           put the report into bench/SCALE.md`

const { values } = parseArgs({
  // pnpm hands its own `--` on.
  args: process.argv.slice(2).filter(arg => arg !== '--'),
  options: {
    sessions: { type: 'string', default: '1000000' },
    stored: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '5' },
    only: { type: 'string', default: parts.join(',') },
    directory: { type: 'string', default: tmpdir() },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(usage)
  process.exit()
}

const only = values.only.split(',')
for (const part of only) if (!parts.includes(part)) throw new Error(`There is no ${part}. ${usage}`)
const sessions = whole('sessions')
const stored = whole('stored')
const seconds = Number(values.seconds)
if (!(seconds > 0)) throw new Error(`--seconds takes a positive number. ${usage}`)

const results: ScaleResults = { engines: new Map() }
for (const part of only) {
  process.stderr.write(`${part}\n`)
  if (part === 'memory' || part === 'map')
    results[part] = await measure({ what: 'memory', store: part, sessions, seconds })
  else
    results.engines.set(
      part,
      await measure({
        what: 'engine',
        engine: part,
        few: Math.ceil(stored / 100),
        many: stored,
        rounds: 5,
        requests: Math.min(300, Math.ceil(stored / 10)),
        seconds,
        directory: values.directory,
      }),
    )
}

const flags = process.argv.slice(2).filter(arg => arg !== '--' && arg !== '--write')
const text = scaleReport(['npx -y pnpm@12 bench:scale', ...flags].join(' '), results)
console.log(`\n${text}`)

if (values.write) {
  const file = new URL('../SCALE.md', import.meta.url)
  const [start, end] = ['<!-- figures -->', '<!-- /figures -->']
  const old = readFileSync(file, 'utf8')
  const [before, after] = [old.split(start)[0], old.split(end)[1]]
  writeFileSync(file, `${before}${start}\n${text}\n${end}${after}`)
}

function whole(name: 'sessions' | 'stored'): number {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 100)
    throw new Error(`--${name} takes a whole number of 100 or more. ${usage}`)
  return value
}
