import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './workspace.mjs'

/**
 * What ran: how many passed, which failed, what went wrong outside of tests or was switched off, and which do not
 * apply here.
 * @typedef {{ passed: number, failed: string[], problems: string[], leftOut: string[] }} TestReport
 */

/** A reporter that writes what ran into the file that TEST_REPORT names, for `.ci/run` to count. */
export default class {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {TestReport} */
    const report = { passed: 0, failed: [], problems: [], leftOut: [] }
    for (const module of modules) {
      const file = relative(root, module.moduleId)
      for (const error of module.errors()) report.problems.push(`${file}: ${error.message}`)
      for (const suite of module.children.allSuites())
        for (const error of suite.errors())
          report.problems.push(`${file} > ${suite.fullName}: ${error.message}`)
      for (const test of module.children.allTests()) {
        const name = `${file} > ${test.fullName}`
        const result = test.result()
        if (result.state === 'passed') report.passed += 1
        else if (result.state === 'failed') report.failed.push(name)
        // With a reason, a rule that does not apply here; without one, a test that somebody has switched off.
        else if (result.state === 'skipped' && result.note) report.leftOut.push(`${name}: ${result.note}`)
        else report.problems.push(`${name} (${result.state})`)
      }
    }
    for (const error of unhandledErrors) report.problems.push(`outside of every test: ${error.message}`)
    writeFileSync(process.env.TEST_REPORT ?? '', JSON.stringify(report))
  }
}
