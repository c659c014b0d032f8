import { type Session, useSession, useSessionStorage } from '@hono/session'
import { type Contender, onObject } from '../contender.ts'
import { onHono } from '../on-hono.ts'
import type { BenchData } from '../session-data.ts'

/** It has no storage of its own but the cookie: one that could not be simpler. */
export const contender: Contender = ({ data }) => {
  const kept = new Map<string, Record<string, unknown>>()
  const storage = {
    get: (id: string) => kept.get(id) ?? null,
    set: (id: string, value: Record<string, unknown>) => void kept.set(id, value),
    delete: (id: string) => void kept.delete(id),
  }
  return onHono(
    async (path, c) => {
      if (path === '/untouched') return 'hello'
      const session = c.get('session') as unknown as Session<BenchData>
      const own = path === '/login' ? ({} as BenchData) : { ...((await session.get()) as BenchData) }
      const body = onObject(path, () => own, data)
      if (path !== '/read') await session.update(own)
      return body
    },
    app => {
      app.use(useSessionStorage(storage))
      app.use(useSession({ secret: 'a bench secret of more than 32 bytes' }))
    },
  )
}
