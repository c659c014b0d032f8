import '@sess/postgres'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('postgresql', ({ service, prefix }) => ({
  connectionString: service,
  tableName: prefix,
  createTable: true,
}))
