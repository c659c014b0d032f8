import { newManager } from '@sess/core'
import type { Contender } from '../contender.ts'
import type { BenchData } from '../session-data.ts'
import { onManager } from './sess.ts'

export const contender: Contender = {
  createHandler: async () => onManager(await newManager<BenchData>('memory', { hashKey: 'bench-secret' })),
}
