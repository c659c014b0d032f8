import { newManager } from '@sess/core'
import '@sess/memcache'
import type { Contender } from '../contender.ts'
import { onManager } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async setting =>
  onManager(
    await newManager<BenchData>('memcache', {
      hashKey: 'bench-secret',
      providerConfig: { servers: setting.service, prefix: `${setting.prefix}:` },
    }),
    setting,
  )
