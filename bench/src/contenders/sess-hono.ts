import { newManager } from '@sess/core'
import { sessions } from '@sess/hono'
import type { Contender } from '../contender.ts'
import { onHono } from '../on-hono.ts'
import { onSession } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async ({ data, lazy }) => {
  const manager = await newManager<BenchData>('memory', { hashKey: 'bench-secret' })
  return onHono(
    (path, c) => onSession(path, c.var.session, data),
    app => app.use(sessions(manager, { lazy })),
  )
}
