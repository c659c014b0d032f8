import type { SessionData, SessionStore } from './session-store.ts'

/**
 * An engine in the words of the original: seven methods, enough to write an engine of your own (see
 * `register`), and what `manager.getProvider()` gives for every engine.
 *
 * Ids are stored as they are handed over. From the manager they are the hash of the visitor's id.
 */
export interface Provider {
  /** Called once, before all others. `maxLifetime` in seconds, `config` as given in `providerConfig`. */
  sessionInit(maxLifetime: number, config: unknown): Promise<void>
  /** The session with that id; a missing one is empty and comes to be when it is released with data. */
  sessionRead(sid: string): Promise<SessionStore<SessionData>>
  /** Whether a live session has that id. */
  sessionExist(sid: string): Promise<boolean>
  /** Moves the session to a new id and gives it; a missing one is empty. `oldSid` is dead afterwards. */
  sessionRegenerate(oldSid: string, sid: string): Promise<SessionStore<SessionData>>
  /** Ends the session. No error if there is none. */
  sessionDestroy(sid: string): Promise<void>
  /** How many sessions are live. @throws ERR_UNSUPPORTED */
  sessionAll(): Promise<number>
  /** Reclaims the space of expired sessions. */
  sessionGC(): Promise<void>
}
