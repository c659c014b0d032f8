// Prints the table of testing/README.md: how many round trips each engine makes, counted on the network.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, trackedFiles } from './lib/workspace.mjs'

const directory = mkdtempSync(join(tmpdir(), 'sess-round-trips-'))
const file = join(directory, 'rows')
writeFileSync(file, '')
const tests = trackedFiles('packages/*/test/scenarios*.test.ts')
const { status } = spawnSync(
  join(root, 'node_modules/.bin/vitest'),
  ['run', ...tests, '--testNamePattern', 'round trips', '--reporter', 'dot'],
  { cwd: root, env: { ...process.env, SESS_TEST_ROUND_TRIPS: file }, stdio: ['ignore', 2, 2] },
)
/** @type {Record<string, string | number>[]} */
const rows = readFileSync(file, 'utf8')
  .split('\n')
  .filter(Boolean)
  .map(line => JSON.parse(line))
rmSync(directory, { recursive: true })

rows.sort((a, b) => (String(a.engine) < String(b.engine) ? -1 : 1))
const columns = Object.keys(rows[0] ?? {})
console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---|').join('')}`)
for (const row of rows) console.log(`| ${columns.map(column => row[column]).join(' | ')} |`)
process.exitCode = status ?? 1
