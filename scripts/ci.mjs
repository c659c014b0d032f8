// What `.ci/run` runs. Each test counts as one, and so do each mutant and each other check.
// The tests' own set-up installs the browser and the servers they need.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './lib/workspace.mjs'

const limit = 14.5 * 60_000
const started = Date.now()
const report = join(mkdtempSync(join(tmpdir(), 'sess-ci-')), 'report.json')

/** The rules that every engine keeps by itself. There is time for no more: `pnpm mutants` breaks the others too. */
const brokenRules = [
  'swap-condition',
  'update-if-present',
  'insert-if-absent',
  'expiry-on-read',
  'deadline',
  'lock-wait',
  'size-limit',
  'conditional-delete',
  'no-resending',
  'memory-swap-condition',
  'memory-update-if-present',
  'memory-insert-if-absent',
  'memory-expiry-on-read',
  'memory-conditional-delete',
]

let passed = 0
/** @type {string[]} */
const failures = []

const pnpm = ['npx', '-y', 'pnpm@12']
const exec = [...pnpm, 'exec']

await checkEach('tests', [...pnpm, 'test'])
await check('types, tests and scripts included', [...pnpm, 'typecheck'])
await check('lint and format', [...exec, 'biome', 'ci', '--colors=off', '--error-on-warnings', '.'])
await check('nothing unused', [...exec, 'knip'])
await check('files', ['node', 'scripts/check-files.mjs'])
await check('packages', ['node', 'scripts/check-packages.mjs'])
await check('layers', ['node', 'scripts/check-layers.mjs'])
await check('releases', ['node', 'scripts/check-releases.mjs'])
await check('packed packages and their consumer', ['node', 'scripts/check-consumer.mjs'])
await check('start', ['node', 'scripts/check-start.mjs'])
await checkEach('mutants', [...pnpm, 'mutants', ...brokenRules])

rmSync(join(report, '..'), { recursive: true })
for (const failure of failures) console.log(`FAILED: ${failure}`)
console.log(`${passed} passed, ${failures.length} failed`)
process.exit(failures.length === 0 ? 0 : 1)

/**
 * @param {string} name
 * @param {string[]} command
 */
async function check(name, command) {
  if ((await run(name, command)) === 0) passed += 1
  else failures.push(name)
}

/**
 * Runs a command, its output shown as it comes, and ends it with all it has started when the time is over.
 * @param {string} name
 * @param {string[]} command
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} its exit code
 */
function run(name, command, env) {
  console.log(`\n── ${name}: ${command.join(' ')}`)
  const begun = Date.now()
  const [file, ...args] = /** @type {[string, ...string[]]} */ (command)
  const child = spawn(file, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  return new Promise(resolve => {
    const timer = setTimeout(
      () => {
        console.log(`${name}: out of time`)
        process.kill(-(child.pid ?? 0), 'SIGKILL')
      },
      Math.max(0, started + limit - begun),
    )
    child.once('error', error => console.log(`${name}: ${error.message}`))
    child.once('close', code => {
      clearTimeout(timer)
      console.log(`── ${name}: ${((Date.now() - begun) / 1000).toFixed(1)} s, exit ${code}`)
      resolve(code ?? 1)
    })
  })
}

/**
 * A command that reports on many. One that crashed before it did, one that failed for what no report shows, and one
 * that ran nothing is one failure.
 * @param {string} name
 * @param {string[]} command
 */
async function checkEach(name, command) {
  rmSync(report, { force: true })
  const exitCode = await run(name, command, { TEST_REPORT: report })
  const before = failures.length
  try {
    /** @type {import('./lib/test-report.mjs').TestReport} */
    const found = JSON.parse(readFileSync(report, 'utf8'))
    passed += found.passed
    failures.push(...[...found.failed, ...found.problems].map(failure => `${name}: ${failure}`))
    if (found.leftOut.length > 0)
      console.log(
        `${found.leftOut.length} rules do not apply to the engine at hand; each says why in its place`,
      )
    if (found.passed === 0) failures.push(`${name}: none passed`)
  } catch {
    failures.push(`${name}: no report`)
  }
  if (exitCode !== 0 && failures.length === before) failures.push(`${name}: exit ${exitCode}`)
}
