import '@sess/mysql'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('mysql', ({ service, prefix }) => ({
  uri: service,
  tableName: prefix,
  createTable: true,
}))
