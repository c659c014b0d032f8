import type { Awaitable } from './awaitable.ts'
import type { Entries } from './codec/entries.ts'
import type { Patch } from './patch.ts'
import type { Token } from './record-store.ts'

/** A session as its engine held it when it was last read or written. */
export interface OpenedSession {
  /** What the engine calls it: a storage id, or for a sealed session the id inside the seal. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  /** Idle lifetime in seconds if the session has its own, else 0. */
  readonly lifetime: number
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly entries: Entries
  readonly token: Token
  /** To be written again as soon as it is read: its seal is of an old key. */
  readonly isOutdated?: boolean
  /** When it was sealed, in milliseconds since 1970, for a session that lives with the client. */
  readonly sealedAt?: number | undefined
  /** The text to send to the client, for a session that lives there and has just been sealed. */
  readonly sealed?: string
}

/**
 * Why there is no session: it is missing, expired, damaged or destroyed (`gone`), or its id was regenerated a
 * moment ago (`retired`), so that the visitor already has another.
 */
export type Absence = 'gone' | 'retired'

/** What an engine can do. Declared by the engine; read by the manager, the conformance kit and people. */
export interface Capabilities {
  /** `record`: compare-and-swap on the server; `sealed`: lives with the client; `provider`: seven methods, no swap. */
  readonly kind: 'record' | 'sealed' | 'provider'
  /** `getActiveSession` works. */
  readonly count: boolean
  /** Expired sessions are reclaimed by sweeping; else the backend does it by itself. */
  readonly sweep: boolean
  /** Largest record in bytes, if there is a limit. */
  readonly maxBytes: number | undefined
  /** How many cookies a sealed session may fill; `undefined` for sessions on the server, which need one for the id. */
  readonly maxCookies: number | undefined
}

/**
 * All that the manager knows of an engine. It speaks of sessions and patches; what is behind it (records,
 * cookies, somebody's own Provider) is the business of the three implementations.
 */
export interface SessionPort {
  readonly capabilities: Capabilities
  /** The live session behind a storage id, or behind the text that the client holds. */
  open(reference: string): Awaitable<OpenedSession | Absence>
  /**
   * Saves a patch: over `base` as it is now, or as a new session when there is no base. Retries until it is
   * done or can't be.
   */
  commit(id: string, base: OpenedSession | undefined, patch: Patch): Awaitable<OpenedSession | Absence>
  /** Gives the session its full lifetime again; `undefined` if others have changed or ended it. */
  extend(base: OpenedSession): Promise<OpenedSession | undefined>
  /** Moves the session, patch included, to a new id. At no moment do both ids work. */
  regenerate(base: OpenedSession, newId: string, patch: Patch): Promise<OpenedSession | Absence>
  /**
   * Ends the session. With `base` only that one: if it was ended or moved to a new id meanwhile, says which,
   * and leaves what is there alone.
   */
  destroy(id: string, base?: OpenedSession): Promise<Absence | undefined>
  count(): Promise<number>
  /** Reclaims some expired sessions, gives their number; fewer than `limit`: there are no more. */
  sweep(limit: number): Promise<number>
  /** One cheap round trip. */
  ping(): Promise<void>
  close(): Promise<void>
}

/** What the manager tells the port of things nobody asked for. */
export interface PortEvents {
  conflict(id: string): void
}
