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

/** How a session begins: with an id and what the engine has for it, or as a new one without. */
export interface SessionStart {
  readonly id?: string
  readonly found?: OpenedSession | Absence
  /** The cookie leaves again at the next write: it has a lifetime, or a tag made with an old key. */
  readonly renewCookie?: boolean
}
