import { newManager } from '@sess/core'
import '@sess/file'
import type { Contender } from '../contender.ts'
import { onManager } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async setting =>
  onManager(
    await newManager<BenchData>('file', {
      hashKey: 'bench-secret',
      providerConfig: { directory: setting.directory },
    }),
    setting,
  )
