import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('memory', () => ({}))
