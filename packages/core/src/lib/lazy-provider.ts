import type { Provider } from './provider.ts'
import type { SessionStore } from './session-store.ts'

/** The seven methods of a provider that is had by waiting for it. */
export class LazyProvider implements Provider {
  readonly #provider: () => Promise<Provider>

  constructor(provider: () => Promise<Provider>) {
    this.#provider = provider
  }

  /** Does nothing: the manager connects the engine. */
  async sessionInit(): Promise<void> {}

  async sessionRead(sid: string): Promise<SessionStore> {
    return (await this.#provider()).sessionRead(sid)
  }

  async sessionExist(sid: string): Promise<boolean> {
    return (await this.#provider()).sessionExist(sid)
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    return (await this.#provider()).sessionRegenerate(oldSid, sid)
  }

  async sessionDestroy(sid: string): Promise<void> {
    await (await this.#provider()).sessionDestroy(sid)
  }

  async sessionAll(): Promise<number> {
    return (await this.#provider()).sessionAll()
  }

  async sessionGC(): Promise<void> {
    await (await this.#provider()).sessionGC()
  }
}
