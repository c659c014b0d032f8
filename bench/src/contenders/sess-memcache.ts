import '@sess/memcache'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('memcache', ({ service, prefix }) => ({
  servers: service,
  prefix: `${prefix}:`,
}))
