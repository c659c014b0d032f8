import type { Contender } from '../contender.ts'
import { onFileStore } from '../on-file-store.ts'

/** Every write is followed by fsync: there is no option. */
export const contender: Contender = onFileStore
