import '@sess/file'
import type { Contender } from '../contender.ts'
import { onEngine } from '../on-manager.ts'

/** With fsync on every write. */
export const contender: Contender = onEngine('file', ({ directory }) => ({ directory, sync: true }))
