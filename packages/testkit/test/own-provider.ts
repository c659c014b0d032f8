import { type Provider, register, type SessionStore } from '@sess/core'

export class OwnProvider implements Provider {
  readonly #rows = new Map<string, { values: Map<string, unknown>; expiresAt: number }>() // yours: a database
  #lifetime = 0
  async sessionInit(maxLifetime: number): Promise<void> {
    this.#lifetime = maxLifetime * 1000
  }
  async sessionRead(sid: string): Promise<SessionStore> {
    const values = new Map(this.#rows.get(sid)?.values)
    return {
      get: key => values.get(key),
      set: (key, value) => void values.set(key, value),
      delete: key => void values.delete(key),
      flush: () => values.clear(),
      sessionID: () => sid,
      sessionRelease: async () =>
        void this.#rows.set(sid, { values: new Map(values), expiresAt: Date.now() + this.#lifetime }),
    }
  }
  async sessionExist(sid: string): Promise<boolean> {
    return this.#rows.has(sid)
  }
  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    const row = this.#rows.get(oldSid)
    this.#rows.delete(oldSid)
    if (row) this.#rows.set(sid, row)
    return this.sessionRead(sid)
  }
  async sessionDestroy(sid: string): Promise<void> {
    this.#rows.delete(sid)
  }
  async sessionAll(): Promise<number> {
    return this.#rows.size
  }
  async sessionGC(): Promise<void> {
    for (const [sid, row] of this.#rows) if (row.expiresAt <= Date.now()) this.#rows.delete(sid)
  }
}
register('own', () => new OwnProvider())
