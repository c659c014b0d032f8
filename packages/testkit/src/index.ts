/**
 * The rules that every session engine keeps, as tests for yours.
 *
 * @module
 */
export { type Check, checksOf } from './lib/check.ts'
export { checkSecrets, type SecretsOptions } from './lib/check-secrets.ts'
export { type LeftOut, leftOut } from './lib/left-out.ts'
export { MovableClock } from './lib/movable-clock.ts'
export { type CheckResult, type RunOptions, runChecks } from './lib/run-checks.ts'
export type { Backend, Connection, CreateContext, Kind, Subject } from './lib/subject.ts'
export { type TestContext, type TestEngineOptions, type TestRunner, testEngine } from './lib/test-engine.ts'
