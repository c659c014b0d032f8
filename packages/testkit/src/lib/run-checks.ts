import { performance } from 'node:perf_hooks'
import { type Check, checksOf } from './check.ts'
import type { Subject } from './subject.ts'

/** How a check went. */
export interface CheckResult {
  readonly group: string
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'left out'
  /** What a failed check threw: an `AssertionError` that says what the engine did instead, or the engine's own error. */
  readonly error?: unknown
  /** Why a check was left out. */
  readonly why?: string
  /** How long it took, in milliseconds. */
  readonly milliseconds: number
}

/** Which checks to run. */
export interface RunOptions {
  /** Names of groups, e.g. `['create', 'expiry']`. Default: all. */
  readonly groups?: readonly string[]
}

/** Runs the checks of an engine, one after another, without a test runner. Never rejects for a failing check. */
export async function runChecks(subject: Subject, options: RunOptions = {}): Promise<CheckResult[]> {
  return runEach(checksOf(subject, options.groups))
}

/** Runs checks, one after another. */
export async function runEach(checks: readonly Check[]): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of checks) {
    const { group, name } = check
    const why = await check.leftOut()
    if (why !== undefined) {
      results.push({ group, name, outcome: 'left out', why, milliseconds: 0 })
      continue
    }
    const start = performance.now()
    try {
      await check.run()
      results.push({ group, name, outcome: 'passed', milliseconds: performance.now() - start })
    } catch (error) {
      results.push({ group, name, outcome: 'failed', error, milliseconds: performance.now() - start })
    }
  }
  return results
}
