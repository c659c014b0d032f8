import '@sess/cookie'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

export const contender: Contender = onEngine('cookie', () => 'a bench secret of more than 32 bytes')
