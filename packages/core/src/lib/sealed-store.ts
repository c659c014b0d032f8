import type { Awaitable } from './awaitable.ts'
import type { Secure } from './cookie.ts'

/**
 * What the author of an engine writes whose sessions live with the client, e.g. in an encrypted cookie;
 * {@link fromSealedStore} makes a session engine of it. Core splits the text into cookies and clears them.
 */
export interface SealedStore {
  /**
   * How many cookies of 4096 bytes a session may fill; 3 when unset. With more, the server has to accept headers of
   * more than 16 KiB (Node's `maxHeaderSize`), or the session locks its visitor out.
   */
  readonly maxCookies?: number
  /** Attributes of the cookie that the engine's own configuration sets, in place of the manager's defaults. */
  readonly cookie?: EngineCookie
  /** The text for the client. It must hide the data, resist tampering, and hold `expiresAt` inside (ms since 1970). */
  seal(data: Uint8Array, expiresAt: number): Awaitable<string>
  /** What was sealed, or `undefined` for anything that `seal` did not make. Throw only if the machinery failed. */
  open(sealed: string): Awaitable<Unsealed | undefined>
}

/** What was in a seal. */
export interface Unsealed {
  readonly data: Uint8Array
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** When it was sealed, in milliseconds since 1970: of two seals that a visitor brings the newer one counts. */
  readonly sealedAt?: number
  /** The seal is one that is on its way out, e.g. of an old key: the session is sealed again at once. */
  readonly isOutdated?: boolean
}

/** Cookie options of the manager that an engine's configuration may set. */
export interface EngineCookie {
  /** How long the browser keeps the cookie, in seconds; 0: until it is closed. */
  readonly cookieLifeTime?: number
  /** Whether the cookie is for HTTPS only. */
  readonly secure?: Secure
}
