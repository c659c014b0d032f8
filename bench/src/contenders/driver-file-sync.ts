import type { Contender } from '../contender.ts'
import { onFiles } from '../on-files.ts'

/** With fsync on every write. */
export const contender: Contender = setting => onFiles(setting, { flush: true })
