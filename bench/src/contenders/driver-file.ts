import type { Contender } from '../contender.ts'
import { onFiles } from '../on-files.ts'

export const contender: Contender = setting => onFiles(setting, { flush: false })
