import type { SqlDialect } from '@sess/sql'
import { isGivenUp, isTaken } from './mysql-errors.ts'

export const mysqlDialect: SqlDialect = {
  engine: 'mysql',
  quote: '`',
  maxNameBytes: 64,
  placeholder: () => '?',
  // INSERT IGNORE would also ignore what is too long.
  unlessTaken: '',
  isTaken,
  isGivenUp,
}
