import type { Clock } from '@sess/core/engine'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { type SessStore, sessStore } from '@sess/express-session'
import type { SessionData } from 'express-session'
import { onTestFinished } from 'vitest'
import { observed, promises } from './stores.ts'

export const sid = 'Xb8cJ3YbPXQ0aUj1V2o0iYwq1f7m0E3Z'
export const hour = 3_600_000

export function cookie(clock: Clock, maxAge: number | null = null) {
  const expires = maxAge === null ? null : new Date(clock.now() + maxAge)
  return { originalMaxAge: maxAge, expires, httpOnly: true, path: '/' }
}

/** Reads a session as the middleware of express-session does: what it gives back is known to the store. */
export async function load(store: SessStore): Promise<SessionData & Record<string, unknown>> {
  const data = await promises(store).get(sid)
  if (!data) throw new Error('There is no such session')
  return store.createSession({ sessionID: sid, sessionStore: store } as never, data as SessionData) as never
}

/** A store on memory that tells what it asks of it. */
export async function watched(options: { clock?: Clock; touchEvery?: number } = {}) {
  const backend = observed(new MemoryStore({ clock: options.clock ?? Date }))
  const store = await sessStore(fromRecordStore(backend.records), options)
  onTestFinished(() => store.close())
  // So that it is connected.
  await promises(store).get(sid)
  backend.calls.length = 0
  return { ...backend, store }
}
