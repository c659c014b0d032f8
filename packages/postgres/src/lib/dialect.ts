import type { SqlDialect } from '@sess/sql'
import { sqlState } from './postgres-errors.ts'

/** The name that the engine is registered under. */
export const ENGINE = 'postgresql'

/** A transaction that could not be serialized, or that was in a deadlock: it was not done. */
const GIVEN_UP: readonly unknown[] = ['40001', '40P01']

export const dialect: SqlDialect = {
  engine: ENGINE,
  quote: '"',
  maxNameBytes: 63,
  placeholder: position => `$${position}`,
  unlessTaken: 'ON CONFLICT DO NOTHING',
  isTaken: () => false,
  isGivenUp: error => GIVEN_UP.includes(sqlState(error)),
}
