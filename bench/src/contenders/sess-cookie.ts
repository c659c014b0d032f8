import { newManager } from '@sess/core'
import '@sess/cookie'
import type { Contender } from '../contender.ts'
import { onManager } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async setting =>
  onManager(
    await newManager<BenchData>('cookie', {
      providerConfig: 'a bench secret of more than 32 bytes',
    }),
    setting,
  )
