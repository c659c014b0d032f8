import { SessionError } from './errors.ts'
import type { Provider } from './provider.ts'
import { Session } from './session.ts'
import type { SessionContext } from './session-context.ts'
import { randomID } from './session-id.ts'
import type { Absence, OpenedSession } from './session-port.ts'
import type { SessionStore } from './session-store.ts'

const SWEEP_BATCH = 1000

/** The original's seven methods over any engine: ids are stored as they are handed over. */
export class EngineProvider implements Provider {
  readonly #context: SessionContext

  constructor(context: Omit<SessionContext, 'createID' | 'storageID'>) {
    this.#context = { ...context, createID: randomID, storageID: sid => sid }
  }

  /** Does nothing: the manager has connected the engine. */
  async sessionInit(): Promise<void> {}

  async sessionRead(sid: string): Promise<SessionStore> {
    return this.#session(sid)
  }

  /** A session under an id that is known to be unused: nothing is read. */
  sessionNew(sid: string): Session {
    checkID(sid)
    return new Session(this.#context, undefined, { id: sid })
  }

  async sessionExist(sid: string): Promise<boolean> {
    return typeof (await this.#open(sid)) === 'object'
  }

  async sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore> {
    checkID(sid)
    const session = await this.#session(oldSid)
    if (session.isNew) return new Session(this.#context, undefined, { id: sid })
    await session.regenerate(sid)
    return session
  }

  async sessionDestroy(sid: string): Promise<void> {
    checkID(sid)
    await this.#context.port.destroy(sid)
    this.#context.events.emit('destroyed', { id: sid })
  }

  sessionAll(): Promise<number> {
    return this.#context.port.count()
  }

  async sessionGC(): Promise<void> {
    while ((await this.#context.port.sweep(SWEEP_BATCH)) === SWEEP_BATCH);
  }

  async #session(sid: string): Promise<Session> {
    const session = new Session(this.#context, undefined, { id: sid, found: await this.#open(sid) })
    session.keepAlive()
    return session
  }

  async #open(sid: string): Promise<OpenedSession | Absence> {
    checkID(sid)
    const { port } = this.#context
    if (port.capabilities.kind === 'sealed')
      throw new SessionError(
        'ERR_UNSUPPORTED',
        'Sessions that live with the client cannot be read by their id',
      )
    return port.open(sid)
  }
}

function checkID(sid: string): void {
  if (typeof sid !== 'string' || sid === '')
    throw new SessionError('ERR_INVALID_ID', 'A session id must be a non-empty string')
}
