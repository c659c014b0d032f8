/**
 * The rules that every adapter of a web framework keeps, as tests for yours.
 *
 * @module
 */

export { type Ask, Browser, type Opened, type Reply } from './lib/adapter/browser.ts'
export { adapterChecksOf, runAdapterChecks } from './lib/adapter/checks.ts'
export { listening } from './lib/adapter/listening.ts'
export { nodeAnswers } from './lib/adapter/node-answers.ts'
export type {
  AdapterApp,
  AdapterRoute,
  AdapterSubject,
  Answer,
  RunningApp,
} from './lib/adapter/subject.ts'
export { testAdapter } from './lib/adapter/test-adapter.ts'
export type { Check } from './lib/check.ts'
export type { CheckResult } from './lib/run-checks.ts'
