// Breaks the packages on purpose, one rule at a time, by the patches in packages/*/test/mutants, each in a copy of
// the workspace, and expects the tests that a patch names to fail. Arguments: the packages to break; default all.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setup as startSharedServers } from '../testing/dist/global-setup.js'
import { packageFolders, read, root } from './lib/workspace.mjs'
import { WorkspaceCopy } from './lib/workspace-copy.mjs'

/** @typedef {import('./lib/test-report.mjs').TestReport} TestReport */
/** @typedef {{ engine: string, rule: string, patch: string, tests: string[] }} Mutant */

/** Vitest keeps one processor busy. */
const copiesAtOnce = 2
/** For the tests of one mutant, in milliseconds. */
const limit = 150_000
/** For one test that says nothing else: what hangs is to be told soon. */
const testTimeout = 15_000

const started = Date.now()
const reports = mkdtempSync(join(tmpdir(), 'sess-mutants-reports-'))
const stopServers = await startSharedServers()
const copies = await Promise.all(Array.from({ length: copiesAtOnce }, () => WorkspaceCopy.make()))
let killed = 0
/** @type {string[]} */
const survivors = []
/** @type {string[]} */
const invalid = []
try {
  const mutants = findMutants(process.argv.slice(2))
  const red = await testUnbroken([...new Set(mutants.flatMap(mutant => mutant.tests))])
  await share(mutants, (mutant, copy) => tryMutant(mutant, copy, red))
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
  const folders = packageFolders().filter(folder => wanted.length === 0 || wanted.includes(basename(folder)))
  return folders.flatMap(folder => {
    const directory = `${folder}/test/mutants`
    if (!existsSync(root + directory)) return []
    return readdirSync(root + directory)
      .filter(file => file.endsWith('.patch'))
      .map(file => readMutant(basename(folder), `${directory}/${file}`))
  })
}

/**
 * @param {string} engine
 * @param {string} path
 * @returns {Mutant}
 */
function readMutant(engine, path) {
  const text = read(path)
  const tests = /^tests: (.+)$/m.exec(text)?.[1]?.split(' ') ?? []
  return { engine, rule: basename(path, '.patch'), patch: root + path, tests }
}

/**
 * What is wrong with a mutant before it is tried.
 * @param {Mutant} mutant
 */
function problemOf({ patch, tests }) {
  if (tests.length === 0) return "it needs a line 'tests: packages/…/test/….test.ts'"
  const missing = tests.find(test => !existsSync(root + test))
  if (missing) return `there is no ${missing}`
  const changed = [...readFileSync(patch, 'utf8').matchAll(/^\+\+\+ (?:b\/)?(\S+)/gm)].map(([, file]) => file)
  if (!changed.every(file => /^packages\/[^/]+\/src\//.test(String(file))))
    return 'it may only change sources'
}

/**
 * Tests that fail in an unbroken copy would tell nothing.
 * @param {string[]} tests
 * @returns {Promise<Set<string>>} those that fail
 */
async function testUnbroken(tests) {
  const red = new Set()
  await share(
    tests.filter(test => existsSync(root + test)),
    async (test, copy) => {
      const begun = Date.now()
      const { report, output } = await runTests(copy, [test])
      const isGreen = report && report.passed > 0 && report.failed.length + report.problems.length === 0
      console.log(`unbroken: ${test} ${isGreen ? 'passes' : 'FAILS'}${since(begun)}`)
      if (isGreen) return
      red.add(test)
      console.log(output)
    },
  )
  return red
}

/**
 * @param {Mutant} mutant
 * @param {WorkspaceCopy} copy
 * @param {Set<string>} red
 */
async function tryMutant(mutant, copy, red) {
  const begun = Date.now()
  const name = `${mutant.engine}: ${mutant.rule}`
  /** @param {string} why @param {string} [output] */
  const reject = (why, output) => {
    invalid.push(`${name}: ${why}`)
    console.log(`${name}: INVALID, ${why}${output ? `\n${output}` : ''}`)
  }
  const problem = problemOf(mutant)
  if (problem) return reject(problem)
  const broken = mutant.tests.find(test => red.has(test))
  if (broken) return reject(`${broken} fails without it as well`)
  try {
    copy.patch(mutant.patch, 'apply')
  } catch (error) {
    return reject('the patch does not apply: make it anew', /** @type {{ stderr?: string }} */ (error).stderr)
  }
  const { report, output } = await runTests(copy, mutant.tests)
  copy.patch(mutant.patch, 'revert')
  if (report?.failed[0]) {
    killed += 1
    console.log(`${name}: killed by ${report.failed[0]}${since(begun)}`)
  } else if (report && report.problems.length === 0) {
    survivors.push(name)
    console.log(`${name}: SURVIVED ${report.passed} tests${since(begun)}`)
  } else reject(`no test failed, but ${report?.problems[0] ?? 'there is no report'}`, output)
}

/**
 * Runs test files in a copy until the first failure.
 * @param {WorkspaceCopy} copy
 * @param {string[]} tests
 * @returns {Promise<{ report?: TestReport, output: string }>} no report if it was out of time or has crashed
 */
async function runTests(copy, tests) {
  const file = join(reports, `${basename(copy.path)}.json`)
  rmSync(file, { force: true })
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const options = [
    '--bail=1',
    '--no-file-parallelism',
    `--testTimeout=${testTimeout}`,
    // Transforming what no mutant has changed is a fifth of the time.
    '--experimental.fsModuleCache',
  ]
  const child = spawn(process.execPath, [vitest, 'run', ...options, ...tests], {
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
