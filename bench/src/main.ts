import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { parseArgs } from 'node:util'
import { contenders, runHttp } from './http-bench.ts'
import { runMicro } from './micro.ts'
import { report } from './report.ts'

const usage = `pnpm bench [options]
  --rounds N        rounds that count, after one that does not (5)
  --seconds N       for each contender on each route in each round (2)
  --connections N   keep-alive connections, one visitor each (32)
  --only A,B        only these: ${[...contenders.map(({ id }) => id), 'micro'].join(', ')}
  --directory PATH  where the file stores keep their files (${tmpdir()})
  --write           put the report into bench/README.md`

const { values } = parseArgs({
  // pnpm hands its own `--` on.
  args: process.argv.slice(2).filter(arg => arg !== '--'),
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    connections: { type: 'string', default: '32' },
    only: { type: 'string', default: '' },
    directory: { type: 'string', default: tmpdir() },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  console.log(usage)
  process.exit()
}

const only = values.only.split(',').filter(Boolean)
const known = new Set([...contenders.map(({ id }) => id), 'micro'])
for (const id of only) if (!known.has(id)) throw new Error(`No contender ${id}. ${usage}`)

const progress = (line: string): void => void process.stderr.write(`${line}\n`)
const http =
  only.length === 1 && only[0] === 'micro'
    ? undefined
    : await runHttp(
        {
          rounds: positive('rounds'),
          seconds: positive('seconds'),
          connections: positive('connections'),
          only: only.filter(id => id !== 'micro'),
          directory: values.directory,
        },
        progress,
      )
const micro = only.length === 0 || only.includes('micro') ? await runMicro(positive('rounds'), progress) : []

const flags = process.argv.slice(2).filter(arg => arg !== '--' && arg !== '--write')
const text = report(['npx -y pnpm@12 bench', ...flags].join(' '), http, micro)
console.log(`\n${text}`)

if (values.write) {
  const readme = new URL('../README.md', import.meta.url)
  const [start, end] = ['<!-- figures -->', '<!-- /figures -->']
  const [before, after] = [
    readFileSync(readme, 'utf8').split(start)[0],
    readFileSync(readme, 'utf8').split(end)[1],
  ]
  writeFileSync(readme, `${before}${start}\n${text}\n${end}${after}`)
}

function positive(name: 'rounds' | 'seconds' | 'connections'): number {
  const value = Number(values[name])
  if (!(value > 0)) throw new Error(`--${name} takes a positive number. ${usage}`)
  return value
}
