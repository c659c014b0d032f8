import type { Provider, SessionStore } from '../../src/engine.ts'

type Method = keyof Provider | 'sessionRelease'

/** The seven methods over a Map, whose calls wait as a test wants them to. */
export class MapProvider implements Provider {
  readonly rows = new Map<string, Map<string, unknown>>()
  readonly calls: Method[] = []
  /** What a call waits for before it is done. */
  before: (method: Method) => Promise<void> | undefined = () => undefined

  async sessionInit(): Promise<void> {
    await this.#called('sessionInit')
  }

  async sessionRead(sid: string): Promise<SessionStore> {
    await this.#called('sessionRead')
    const values = new Map(this.rows.get(sid))
    return {
      get: (key: string) => values.get(key) as never,
      set: (key: string, value: unknown) => void values.set(key, value),
      delete: (key: string) => void values.delete(key),
      flush: () => values.clear(),
      sessionID: () => sid,
      sessionRelease: async () => {
        await this.#called('sessionRelease')
        this.rows.set(sid, new Map(values))
      },
    }
  }

  async sessionExist(sid: string): Promise<boolean> {
    await this.#called('sessionExist')
    return this.rows.has(sid)
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    const row = this.rows.get(oldSid)
    this.rows.delete(oldSid)
    if (row) this.rows.set(sid, row)
    return this.sessionRead(sid)
  }

  async sessionDestroy(sid: string): Promise<void> {
    await this.#called('sessionDestroy')
    this.rows.delete(sid)
  }

  async sessionAll(): Promise<number> {
    return this.rows.size
  }

  async sessionGC(): Promise<void> {
    await this.#called('sessionGC')
  }

  async #called(method: Method): Promise<void> {
    this.calls.push(method)
    await this.before(method)
  }
}
