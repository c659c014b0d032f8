// Breaks the packages on purpose, one rule at a time, by the patches in packages/*/test/mutants, each in a copy of
// the workspace, and expects the tests that a patch names to fail. Arguments: the packages or the rules to break; default all.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setup as startSharedServers } from '../testing/dist/global-setup.js'
import { packageFolders, root } from './lib/workspace.mjs'
import { WorkspaceCopy } from './lib/workspace-copy.mjs'

/** @typedef {import('./lib/test-report.mjs').TestReport} TestReport */
/** @typedef {{ name: string, patch: string, tests: string[], changed: string[] }} Mutant paths are of the workspace */

/** Vitest keeps one processor busy. */
const copiesAtOnce = 2
/** For the tests of one mutant, in milliseconds. */
const limit = 150_000
/** For one test that says nothing else: what hangs is to be told soon. */
const testTimeout = 15_000

/** Between a file, its suites and its test, in the reporter's names. */
const SEPARATOR = ' > '

const started = Date.now()
const reports = mkdtempSync(join(tmpdir(), 'sess-mutants-reports-'))
const stopServers = await startSharedServers()
const copies = await Promise.all(Array.from({ length: copiesAtOnce }, () => WorkspaceCopy.make()))
/** Somebody may be working on the original. */
const original = /** @type {WorkspaceCopy} */ (copies[0]).path
/** @type {{ name: string, killer: string }[]} */
let kills = []
/** @type {string[]} */
const survivors = []
/** @type {string[]} */
const invalid = []
try {
  await share(findMutants(process.argv.slice(2)), tryMutant)
  const files = new Set(kills.map(({ killer }) => fileOf(killer)))
  await share([...files], confirm)
} finally {
  for (const copy of copies) copy.remove()
  rmSync(reports, { recursive: true })
  await stopServers()
}
conclude()

/**
 * @param {string[]} wanted
 * @returns {Mutant[]}
 */
function findMutants(wanted) {
  return packageFolders().flatMap(folder => {
    const directory = `${folder}/test/mutants`
    if (!existsSync(join(original, directory))) return []
    /** @param {string} rule */
    const isWanted = rule => wanted.length === 0 || wanted.includes(basename(folder)) || wanted.includes(rule)
    return readdirSync(join(original, directory))
      .filter(file => file.endsWith('.patch') && isWanted(basename(file, '.patch')))
      .map(file => readMutant(`${basename(folder)}: ${basename(file, '.patch')}`, `${directory}/${file}`))
  })
}

/**
 * @param {string} name
 * @param {string} patch
 * @returns {Mutant}
 */
function readMutant(name, patch) {
  const text = readFileSync(join(original, patch), 'utf8')
  const tests = /^tests: (.+)$/m.exec(text)?.[1]?.split(' ') ?? []
  const changed = [...text.matchAll(/^\+\+\+ (?:b\/)?(\S+)/gm)].map(([, file]) => String(file))
  return { name, patch, tests, changed }
}

/**
 * What is wrong with a mutant before it is tried.
 * @param {Mutant} mutant
 */
function problemOf({ tests, changed }) {
  if (tests.length === 0) return "it needs a line 'tests: packages/…/test/….test.ts'"
  const missing = tests.find(test => !existsSync(join(original, test)))
  if (missing) return `there is no ${missing}`
  if (!changed.every(file => /^packages\/[^/]+\/src\//.test(file))) return 'it may only change sources'
}

/**
 * @param {Mutant} mutant
 * @param {WorkspaceCopy} copy
 */
async function tryMutant(mutant, copy) {
  const begun = Date.now()
  const { name } = mutant
  const problem = problemOf(mutant)
  if (problem) return reject(name, problem)
  try {
    copy.patch(join(copy.path, mutant.patch), 'apply')
  } catch (error) {
    const { stderr } = /** @type {{ stderr?: string }} */ (error)
    return reject(name, 'the patch does not apply: make it anew', stderr)
  }
  const { report, output } = await runTests(copy, mutant.tests, ['--bail=1'])
  copy.patch(join(copy.path, mutant.patch), 'revert')
  const killer = report?.failed[0]
  if (killer) {
    kills.push({ name, killer })
    console.log(`${name}: killed by ${killer}${since(begun)}`)
  } else if (report && report.passed > 0 && report.problems.length === 0) {
    survivors.push(name)
    console.log(`${name}: SURVIVED ${report.passed} tests${since(begun)}`)
  } else reject(name, `no test failed, but ${report?.problems[0] ?? 'none ran'}`, output)
}

/** @param {string} test as the reporter names it */
function fileOf(test) {
  return test.slice(0, test.indexOf(SEPARATOR))
}

/**
 * A test that fails without the mutant as well has killed nothing.
 * @param {string} file whose tests have killed
 * @param {WorkspaceCopy} copy
 */
async function confirm(file, copy) {
  const begun = Date.now()
  const ofFile = kills.filter(({ killer }) => fileOf(killer) === file)
  const killers = new Set(ofFile.map(({ killer }) => killer))
  const names = [...killers].map(killer => killer.split(SEPARATOR).slice(1).join(' '))
  const pattern = names.map(name => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')
  const some = await runTests(copy, [file], [`--testNamePattern=^(?:${pattern})$`])
  const areGreen = some.report && some.report.failed.length === 0 && some.report.passed >= killers.size
  // Perhaps it is one that cannot run alone.
  const { report, output } = areGreen ? some : await runTests(copy, [file])
  const red = areGreen ? [] : ofFile.filter(({ killer }) => !report?.passed || report.failed.includes(killer))
  console.log(`${file}: ${killers.size} ${red.length > 0 ? 'FAIL' : 'pass'} without mutants${since(begun)}`)
  for (const { name, killer } of red) reject(name, `${killer} fails without it as well`, output)
  kills = kills.filter(kill => !red.includes(kill))
}

/**
 * @param {string} name
 * @param {string} why
 * @param {string} [output]
 */
function reject(name, why, output = '') {
  invalid.push(`${name}: ${why}`)
  console.log(`${name}: INVALID, ${why}\n${output}`)
}

/**
 * @param {WorkspaceCopy} copy
 * @param {string[]} tests
 * @param {string[]} [options]
 * @returns {Promise<{ report?: TestReport, output: string }>} no report if it was out of time or has crashed
 */
async function runTests(copy, tests, options = []) {
  const file = join(reports, `${basename(copy.path)}.json`)
  rmSync(file, { force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const always = ['--no-file-parallelism', `--testTimeout=${testTimeout}`]
  const child = spawn(process.execPath, [vitest, 'run', ...always, ...options, ...tests], {
    cwd: copy.path,
    env: { ...process.env, NO_COLOR: '1', TEST_REPORT: file },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limit,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output = (output + text).slice(-10_000)
    })
  await new Promise(resolve => child.once('close', resolve))
  return { ...(existsSync(file) && { report: JSON.parse(readFileSync(file, 'utf8')) }), output }
}

/**
 * @template Task
 * @param {Task[]} tasks
 * @param {(task: Task, copy: WorkspaceCopy) => Promise<void>} work
 */
async function share(tasks, work) {
  const queue = [...tasks]
  await Promise.all(
    copies.map(async copy => {
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) await work(task, copy)
    }),
  )
}

/** @param {number} begun */
function since(begun) {
  return ` (${((Date.now() - begun) / 1000).toFixed(1)} s)`
}

function conclude() {
  const killed = kills.length
  const total = killed + survivors.length + invalid.length
  const failed = [...survivors.map(name => `${name}: survived`), ...invalid]
  if (process.env.TEST_REPORT) {
    /** @type {TestReport} */
    const report = { passed: killed, failed, problems: [], leftOut: [] }
    writeFileSync(process.env.TEST_REPORT, JSON.stringify(report))
  }
  for (const failure of failed) console.log(`FAILED: ${failure}`)
  const others = invalid.length > 0 ? `, ${invalid.length} invalid` : ''
  console.log(`${total} mutants, ${killed} killed, ${survivors.length} survived${others}${since(started)}`)
  process.exitCode = total > 0 && killed === total ? 0 : 1
}
