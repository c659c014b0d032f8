import { newManager } from '@sess/core'
import '@sess/postgres'
import type { Contender } from '../contender.ts'
import { onManager } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async setting =>
  onManager(
    await newManager<BenchData>('postgresql', {
      hashKey: 'bench-secret',
      providerConfig: { connectionString: setting.service, tableName: setting.prefix, createTable: true },
    }),
    setting,
  )
