import { readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { chart } from './chart.ts'
import { groups } from './groups.ts'
import { type GroupResult, runGroup } from './http-bench.ts'
import { runMicro } from './micro.ts'
import { readOptions } from './options.ts'
import { plan } from './plan.ts'
import { report } from './report.ts'

const options = readOptions(process.argv.slice(2), groups, tmpdir())
const progress = (line: string): void => void process.stderr.write(`${line}\n`)
// What was started is ended, and what was written removed.
process.once('SIGINT', () => process.exit(130))

const results: GroupResult[] = []
for (const { group, scenario } of plan(groups, options))
  results.push(await runGroup(group, scenario, options, progress))
const micro = options.micro ? await runMicro(options.rounds, progress) : []

const text = report(['npx -y pnpm@12 bench', ...options.flags].join(' '), results, micro)
console.log(`\n${text}`)

if (options.write) {
  const file = (name: string) => new URL(`../${name}`, import.meta.url)
  const [start, end] = ['<!-- figures -->', '<!-- /figures -->']
  const readme = readFileSync(file('README.md'), 'utf8')
  const [before, after] = [readme.split(start)[0], readme.split(end)[1]]
  writeFileSync(file('README.md'), `${before}${start}\n${text}\n${end}${after}`)
  if (results.length > 0) writeFileSync(file('figures.svg'), chart(results))
}
