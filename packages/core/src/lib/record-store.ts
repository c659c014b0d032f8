import type { Awaitable } from './awaitable.ts'

/** What a swap has to present: whatever tells one write of a record from every other write of it. */
export type Token = NonNullable<unknown>

/** A record as an engine gives it back. */
export interface StoredRecord {
  /** Exactly the bytes that were written. The reader never changes them. */
  readonly data: Uint8Array
  /** Milliseconds since 1970; as written, or rounded up where the backend keeps seconds. */
  readonly expiresAt: number
  /** What `update` wants to see to replace this very write. */
  readonly token: Token
}

/**
 * What the author of an engine writes; {@link fromRecordStore} makes a session engine of it.
 *
 * A record is an id, opaque bytes, and the moment at which it ends. An engine stores, compares and deletes
 * records; it knows nothing of cookies, keys, values, retries or timers.
 *
 * - Missing, expired and unreadable records are all *absent*. A record whose `expiresAt` is not after the
 *   clock's `now()` is expired, whether or not the space is reclaimed yet. Absent is an answer, never an error.
 * - Throw only when the backend failed. Core wraps what is thrown, so a driver's own error is welcome; a
 *   `SessionError` passes as it is. After a throw the caller takes it that the write may or may not have
 *   been done. Never resend a write yourself, and switch off a driver's own resending.
 * - Every method is one round trip. Writes are atomic: readers see all of a record or the one before.
 * - Ids come as core makes them (64 lowercase hex characters) or as a user of `Provider` hands them (any
 *   string): refuse with `ERR_INVALID_ID` what could leave the store's own space.
 * - `data` starts with a revision: `REVISION_BYTES` bytes that are fresh and random in every write of new
 *   data, so an engine whose backend has no compare-and-swap compares those. `revisionOf(data)` gives them
 *   as a string, ready to be a token.
 */
export interface RecordStore {
  /** Largest `data` that fits, in bytes; core refuses a larger one before it asks. Unlimited when unset. */
  readonly maxBytes?: number
  /** Inserts a record if none is there. Gives its token, or `undefined` if a live record has that id. */
  create(id: string, data: Uint8Array, expiresAt: number): Awaitable<Token | undefined>
  /** The live record with that id. */
  load(id: string): Awaitable<StoredRecord | undefined>
  /**
   * Replaces the live record with that id if `token` is still its token: a compare-and-swap. Gives the new
   * token, or `undefined` if the record has changed or is absent. Never creates.
   */
  update(id: string, data: Uint8Array, expiresAt: number, token: Token): Awaitable<Token | undefined>
  /**
   * As `update` with the data unchanged, for engines that can do it without sending the data again.
   * Without it core calls `update`.
   */
  extend?(id: string, expiresAt: number, token: Token): Awaitable<Token | undefined>
  /**
   * Deletes the record; with a `token`, only if that is still its token. Gives whether it deleted a live one.
   * That there is none is no error.
   */
  delete(id: string, token?: Token): Awaitable<boolean>
  /**
   * How many live sessions there are: records that are not expired and whose data is longer than
   * `TOMBSTONE_BYTES`. Left out where the backend cannot tell.
   */
  count?(now: number): Awaitable<number>
  /**
   * Reclaims the space of at most `limit` expired records and gives their number; fewer than `limit` means
   * that none is left. One process does it at a time where several share the backend: the others give 0.
   * Left out where the backend expires records by itself.
   */
  sweep?(now: number, limit: number): Awaitable<number>
  /** Lets go of what the engine itself opened, and only that. */
  close?(): Awaitable<void>
}
