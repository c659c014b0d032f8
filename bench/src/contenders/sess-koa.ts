import { newManager } from '@sess/core'
import { sessions } from '@sess/koa'
import type { Contender } from '../contender.ts'
import { onKoa } from '../on-koa.ts'
import { onSession } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async ({ data, lazy }) => {
  const manager = await newManager<BenchData>('memory', { hashKey: 'bench-secret' })
  return onKoa(
    (path, { session }) => onSession(path, session, data),
    app => app.use(sessions(manager, { lazy })),
  )
}
