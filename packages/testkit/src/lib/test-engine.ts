import { CHECK_TIMEOUT, type Check, checksOf } from './check.ts'
import type { Subject } from './subject.ts'

/** What a test gets from its runner: vitest and `node:test` have `skip` there, to say why a test does not run. */
export interface TestContext {
  skip(why?: string): void
}

/** The two functions of a test runner that the kit needs. */
export interface TestRunner {
  describe(name: string, define: () => void): unknown
  it(name: string, test: (context: TestContext) => Promise<void>, timeout?: number): unknown
}

/** Options of {@link testEngine}. */
export interface TestEngineOptions extends Partial<TestRunner> {
  /** Names of groups, e.g. `['create', 'expiry']`. Default: all. */
  readonly groups?: readonly string[]
}

// Only in vitest: another runner need not have it installed.
const vitest: TestRunner | undefined = process.env.VITEST ? await import('vitest') : undefined

/**
 * Registers the conformance tests of an engine: a `describe` with one for each group in it, and a test for each
 * rule. What the engine cannot keep by its nature is reported as skipped, with the reason.
 *
 * In vitest that is all. Elsewhere pass the runner's functions:
 * `testEngine(subject, { describe, it })` with those of `node:test`.
 */
export function testEngine(subject: Subject, options: TestEngineOptions = {}): void {
  defineTests(subject.name, checksOf(subject, options.groups), options)
}

/** Registers checks as tests. */
export function defineTests(title: string, checks: readonly Check[], runner: Partial<TestRunner>): void {
  const describe = runner.describe ?? vitest?.describe
  const it = runner.it ?? vitest?.it
  if (describe === undefined || it === undefined)
    throw new TypeError('Outside of vitest the kit needs the functions of your test runner: { describe, it }')
  describe(title, () => {
    for (const group of new Set(checks.map(check => check.group)))
      describe(group, () => {
        for (const check of checks.filter(each => each.group === group))
          it(
            check.name,
            async context => {
              const why = await check.leftOut()
              if (why === undefined) await check.run()
              else context.skip(why)
            },
            CHECK_TIMEOUT + 5000,
          )
      })
  })
}
