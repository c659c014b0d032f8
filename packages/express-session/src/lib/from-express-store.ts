import { type Provider, SessionError, type SessionStore } from '@sess/core'
import session, { type SessionData } from 'express-session'
import { ExpressStoreSession, type Texts } from './express-store-session.ts'

type Callback<T> = (error?: unknown, value?: T) => void

/** What a store for express-session has to have. */
export interface ExpressStore {
  get(sid: string, callback: Callback<SessionData | null>): unknown
  set(sid: string, session: SessionData, callback: Callback<void>): unknown
  destroy(sid: string, callback: Callback<void>): unknown
  length?(callback: Callback<number>): unknown
}

/** A session in such a store: each value as text, so that it may hold what JSON cannot say. */
interface StoredSession extends SessionData {
  values: Record<string, string>
}

/**
 * Somebody's store for express-session as a `Provider`, to be handed to `newManager`. Values keep their types.
 * A store of whole snapshots cannot compare and swap: updates of several processes can be lost.
 *
 * @throws ERR_CONFIG
 */
export function fromExpressStore(store: ExpressStore): Provider {
  for (const method of ['get', 'set', 'destroy'] as const)
    if (typeof store?.[method] !== 'function')
      throw new SessionError(
        'ERR_CONFIG',
        `fromExpressStore needs a store for express-session, e.g. new RedisStore({ client }): this has no ${method}()`,
      )
  return new ExpressStoreProvider(store)
}

class ExpressStoreProvider implements Provider {
  readonly #store: ExpressStore
  #lifetime = 0

  constructor(store: ExpressStore) {
    this.#store = store
  }

  async sessionInit(maxLifetime: number): Promise<void> {
    this.#lifetime = maxLifetime * 1000
  }

  async sessionRead(sid: string): Promise<SessionStore> {
    return this.#handle(sid, await this.#load(sid))
  }

  async sessionExist(sid: string): Promise<boolean> {
    return (await this.#load(sid)) !== undefined
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    checkID(sid)
    const texts = await this.#load(oldSid)
    if (texts) {
      await this.#save(sid, texts)
      await this.sessionDestroy(oldSid)
    }
    return this.#handle(sid, texts)
  }

  async sessionDestroy(sid: string): Promise<void> {
    checkID(sid)
    await promised<void>(callback => this.#store.destroy(sid, callback))
  }

  async sessionAll(): Promise<number> {
    const count = await promised<number>(callback => {
      if (this.#store.length) return this.#store.length(callback)
      throw new SessionError('ERR_UNSUPPORTED', 'This store cannot count its sessions')
    })
    return count ?? 0
  }

  /** Does nothing: such stores do it by themselves. */
  async sessionGC(): Promise<void> {}

  #handle(sid: string, texts?: Texts): SessionStore {
    return new ExpressStoreSession(sid, texts, changed => this.#save(sid, changed))
  }

  async #load(sid: string): Promise<Texts | undefined> {
    checkID(sid)
    const stored = (await promised<SessionData | null>(callback => this.#store.get(sid, callback)).catch(
      noFile,
    )) as StoredSession | null | undefined
    // What others have stored there is no session of ours, and not every store looks at the expiry by itself.
    if (!stored?.values || !(new Date(stored.cookie?.expires ?? 0).getTime() > Date.now())) return undefined
    return new Map(Object.entries(stored.values))
  }

  async #save(sid: string, texts: Texts): Promise<void> {
    const stored = { cookie: cookieFor(this.#lifetime), values: Object.fromEntries(texts) }
    await promised<void>(callback => this.#store.set(sid, stored as StoredSession, callback))
  }
}

/** A cookie as stores expect it: they take the lifetime of the session from it. */
function cookieFor(lifetime: number): session.Cookie {
  const cookie = new session.Cookie()
  cookie.maxAge = lifetime
  cookie.originalMaxAge = lifetime
  return cookie
}

/** Waits for a store, whether it calls back, throws or rejects. */
function promised<T>(run: (callback: Callback<T>) => unknown): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const returned = run((error, value) => (error ? reject(error) : resolve(value)))
    Promise.resolve(returned).catch(reject)
  })
}

/** To stores of files a missing session is a missing file; express-session takes it so too. */
function noFile(error: unknown): undefined {
  if ((error as { code?: unknown } | null)?.code !== 'ENOENT') throw error
}

function checkID(sid: string): void {
  if (typeof sid !== 'string' || sid === '')
    throw new SessionError('ERR_INVALID_ID', 'A session id must be a non-empty string')
}
