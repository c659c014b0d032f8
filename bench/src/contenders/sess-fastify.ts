import { newManager } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { sessions } from '@sess/fastify'
import type { Contender } from '../contender.ts'
import { onFastify } from '../on-fastify.ts'
import { onSession } from '../on-manager.ts'
import type { BenchData } from '../session-data.ts'

export const contender: Contender = async ({ data, lazy }) => {
  const manager = await newManager<BenchData>('memory', { hashKey: 'bench-secret' })
  return onFastify(
    // To TypeScript it is the peer's: both extend Fastify's request.
    (path, { session }) => onSession(path, session as unknown as RequestSession<BenchData>, data),
    app => app.register(sessions, { manager, lazy }),
  )
}
