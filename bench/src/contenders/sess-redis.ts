import '@sess/redis'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('redis', ({ service, prefix }) => ({
  url: service,
  prefix: `${prefix}:`,
}))
