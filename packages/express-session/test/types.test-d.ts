/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { type Manager, newManager, type Provider } from '@sess/core'
import { fromExpressStore, type SessStore, sessStore } from '@sess/express-session'
import { redis as engine } from '@sess/redis'
import session from 'express-session'

export async function stores(): Promise<void> {
  const store: session.Store = sessStore('memory')
  session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store })
  const redis: SessStore = sessStore('redis', { providerConfig: '127.0.0.1:6379', maxLifetime: 86_400 })
  const value: SessStore = sessStore(engine, { providerConfig: '127.0.0.1:6379', name: 'another' })
  await value.close()
  const manager: Manager = redis.manager
  await manager.ping()
  // @ts-expect-error no config of this engine
  sessStore('redis', { providerConfig: 6379 })
  // @ts-expect-error no config of this engine
  sessStore(engine, { providerConfig: 6379 })
  // Code that awaits the store goes on as before.
  const awaited: SessStore = await sessStore('memory')
  await awaited.close()
  // @ts-expect-error cookies are the business of express-session
  sessStore('memory', { cookieName: 'sid' })
}

declare module 'express-session' {
  interface SessionData {
    visits: number
  }
}

export function augmented(store: SessStore, data: session.SessionData): void {
  data.visits = 1
  store.set('id', data)
  store.get('id', (_, found) => {
    const visits: number | undefined = found?.visits
    return visits
  })
  // @ts-expect-error no such property
  data.visit = 1
}

export async function providers(): Promise<void> {
  const provider: Provider = fromExpressStore(new session.MemoryStore())
  await newManager(provider, { maxLifetime: 600 })
  // @ts-expect-error no store
  fromExpressStore({ get: () => {} })
}
