import { defineTests, type TestRunner } from '../test-engine.ts'
import { adapterChecksOf } from './checks.ts'
import type { AdapterSubject } from './subject.ts'

/**
 * Registers the conformance tests of a framework's adapter: a `describe` with one for each group in it, and a test
 * for each rule, over real sockets.
 *
 * In vitest that is all. Elsewhere pass the runner's functions: `testAdapter(subject, { describe, it })`.
 */
export function testAdapter<Context>(
  subject: AdapterSubject<Context>,
  runner: Partial<TestRunner> = {},
): void {
  defineTests(subject.name, adapterChecksOf(subject), runner)
}
