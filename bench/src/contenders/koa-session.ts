import session from 'koa-session'
import { type Contender, onObject } from '../contender.ts'
import { onKoa } from '../on-koa.ts'
import type { BenchData } from '../session-data.ts'

/** It has no store of its own but the cookie: one that could not be simpler. */
export const contender: Contender = ({ data }) => {
  const kept = new Map<string, object>()
  const store = {
    get: async (id: string) => kept.get(id),
    set: async (id: string, value: object) => void kept.set(id, value),
    destroy: async (id: string) => void kept.delete(id),
  }
  return onKoa(
    (path, ctx) => onObject(path, () => ctx.session as unknown as BenchData, data),
    app => {
      app.keys = ['bench-secret']
      app.use(session({ store, httpOnly: true, sameSite: 'lax' }, app))
    },
  )
}
