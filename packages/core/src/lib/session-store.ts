/** Session data by key. Without a type of your own every value is `unknown`. */
export type SessionData = Record<string, unknown>

/**
 * What the sessions of your application hold, for the adapters of frameworks. Say it once:
 *
 * ```ts
 * declare module '@sess/core' {
 *   interface AppSession { username: string }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface AppSession {}

/** {@link AppSession}; while nothing is declared there, any key with values of type `unknown`. */
export type AppData = keyof AppSession extends never ? SessionData : AppSession

/** The keys of `Data` that are strings: a session has no others. */
export type KeyOf<Data> = keyof Data & string

/**
 * One request's view of one session (beego's `SessionStore`).
 *
 * Reads and changes are synchronous and touch nothing but this object. `sessionRelease` saves the changes,
 * as a patch over whatever other requests have saved meanwhile.
 */
export interface SessionStore<Data extends object = SessionData> {
  /** The value of `key`, or `undefined`. Change it in place if you like: it is saved as if it were set. */
  get<K extends KeyOf<Data>>(key: K): Data[K] | undefined
  /** Sets `key`. When two requests set the same key, the last release wins. @throws ERR_VALUE */
  set<K extends KeyOf<Data>>(key: K, value: Data[K]): void
  /** Deletes `key`. Deleting a missing key is no error. */
  delete(key: KeyOf<Data>): void
  /** Deletes all data. The session itself goes on; `manager.sessionDestroy` ends it. */
  flush(): void
  /** The session's id. Whoever has it has the session: keep it out of logs. */
  sessionID(): string
  /**
   * Saves what has changed. Idempotent: without changes it does nothing. On the session of a request you
   * need not call it, the response does; `await using` calls it too.
   */
  sessionRelease(): Promise<void>
}
