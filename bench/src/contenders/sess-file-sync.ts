import { newManager } from '@sess/core'
import '@sess/file'
import type { Contender } from '../contender.ts'
import type { BenchData } from '../session-data.ts'
import { onManager } from './sess.ts'

/** With fsync on every write, which session-file-store cannot do without. */
export const contender: Contender = {
  createHandler: async directory =>
    onManager(
      await newManager<BenchData>('file', {
        hashKey: 'bench-secret',
        providerConfig: { directory, sync: true },
      }),
    ),
}
