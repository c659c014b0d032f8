import { type Clock, type Provider, register } from '@sess/core'

export function ownProvider(clock: Clock): Provider {
  const rows = new Map<string, { values: Map<string, unknown>; expiresAt: number }>() // yours: a database
  const isLive = (sid: string) => (rows.get(sid)?.expiresAt ?? 0) > clock.now()
  let lifetime = 0
  return {
    async sessionInit(maxLifetime) {
      lifetime = maxLifetime * 1000
    },
    async sessionRead(sid) {
      const found = isLive(sid) ? rows.get(sid) : undefined
      const values = new Map(found?.values)
      return {
        get: key => values.get(key),
        set: (key, value) => void values.set(key, value),
        delete: key => void values.delete(key),
        flush: () => values.clear(),
        sessionID: () => sid,
        async sessionRelease() {
          const expiresAt = clock.now() + lifetime
          if (found || values.size > 0) rows.set(sid, { values: new Map(values), expiresAt })
        },
      }
    },
    sessionExist: async sid => isLive(sid),
    async sessionRegenerate(oldSid, sid) {
      const row = rows.get(oldSid)
      if (row) rows.set(sid, row)
      rows.delete(oldSid)
      return this.sessionRead(sid)
    },
    sessionDestroy: async sid => void rows.delete(sid),
    sessionAll: async () => [...rows.keys()].filter(isLive).length,
    async sessionGC() {
      for (const sid of rows.keys()) if (!isLive(sid)) rows.delete(sid)
    },
  }
}
register('own', ({ clock }) => ownProvider(clock))
