import type { Events } from './events.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Absence, OpenedSession, SessionPort } from './session-port.ts'

/** What a session needs of its manager. */
export interface SessionContext {
  readonly port: SessionPort
  readonly lifetimes: Lifetimes
  readonly events: Events
  /** A new id, as the visitor will hold it. */
  createID(): string
  /** What the engine calls the session with that id. */
  storageID(sid: string): string
}

/** The response that a session's cookie leaves on. Without one, as behind `getProvider()`, there is no cookie. */
export interface SessionHost {
  /** @throws ERR_HEADERS_SENT, ERR_INSECURE_COOKIE if a cookie could not be sent now */
  checkCookie(): void
  /** Sends the session's id, or its sealed text. */
  sendCookie(session: { id: string; sealed: string | undefined; lifetime: number }): void
  clearCookie(): void
  /** There are unsaved changes, perhaps after the response has left. */
  changed(): void
}

/** How a session begins: with an id and what the engine has for it, or as a new one without. */
export interface SessionStart {
  readonly id?: string
  readonly found?: OpenedSession | Absence
  /** The cookie leaves again at the next write: it has a lifetime, or a tag made with an old key. */
  readonly renewCookie?: boolean
}
