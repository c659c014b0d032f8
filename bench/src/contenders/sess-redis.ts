import { newManager } from '@sess/core'
import '@sess/redis'
import type { Contender } from '../contender.ts'
import { onManager } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async setting =>
  onManager(
    await newManager<BenchData>('redis', {
      hashKey: 'bench-secret',
      providerConfig: { url: setting.service, prefix: `${setting.prefix}:` },
    }),
    setting,
  )
