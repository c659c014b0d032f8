import type { Entries } from './codec/entries.ts'
import { checkValue, decodeValue, encodeAgain, encodeValue, hasText } from './codec/values.ts'
import { SessionError } from './errors.ts'
import { inThisContext, type Operation, type Patch, runUpdater, type Updater } from './patch.ts'
import { PatchedEntries } from './patched-entries.ts'

/** A change that is not saved yet; values stay alive, since they may still be changed in place. */
type Change =
  | { kind: 'set'; value: unknown }
  | { kind: 'delete' }
  | { kind: 'update'; updaters: Updater[]; basis: string | undefined; value: unknown; text: string }

/** An object that was handed out, and its text at that time: when they differ it was changed in place. */
interface Lent {
  value: object
  text: string
  /** It was changed in place before the last save. */
  isChanged?: boolean
}

/** How long a clock may take to go on, in milliseconds. */
const CLOCK_TICK = 2

/** Of every draft that has nothing to put in: most requests change nothing. Never written, see {@link put}. */
const none = new Map<string, never>()

function put<T>(map: Map<string, T>, key: string, value: T): Map<string, T> {
  const own = map === none ? new Map<string, T>() : map
  return own.set(key, value)
}

/** What one request sees of a session's data, and what it has changed. */
export class Draft {
  #base: Entries
  #cleared = false
  #changes: Map<string, Change> = none
  #lent: Map<string, Lent> = none
  /** Keys whose updates are being saved: their values are provisional until that is settled. */
  #provisional: readonly string[] = []
  /** A save of updates may have been done: done again, they would count twice. */
  #isDoubtful = false
  /** A moment was waited for a value that a clock might be changing. */
  #hasWaited = false
  #lifetime: number | undefined

  constructor(base: Entries) {
    this.#base = base
  }

  get(key: string): unknown {
    const change = this.#changes.get(key)
    if (change) return change.kind === 'delete' ? undefined : change.value
    if (this.#cleared) return undefined
    const lent = this.#lent.get(key)
    if (lent) return lent.value
    const text = this.#base.get(key)
    if (text === undefined) return undefined
    const value = decodeValue(text, key)
    if (typeof value === 'object' && value !== null) this.#lent = put(this.#lent, key, { value, text })
    return value
  }

  has(key: string): boolean {
    const change = this.#changes.get(key)
    if (change) return change.kind !== 'delete'
    return !this.#cleared && this.#base.get(key) !== undefined
  }

  /** In the order in which they were first set. */
  *keys(): Generator<string, void, undefined> {
    if (!this.#cleared) for (const key of this.#base.keys()) if (this.has(key)) yield key
    for (const [key, change] of this.#changes)
      if (change.kind !== 'delete' && (this.#cleared || this.#base.get(key) === undefined)) yield key
  }

  set(key: string, value: unknown): void {
    checkValue(value, key)
    this.#changes = put(this.#changes, key, { kind: 'set', value })
  }

  update(key: string, updater: Updater): unknown {
    const before = this.#changes.get(key)
    // An object that was changed in place has to survive as it is: the function goes on from there.
    const changedInPlace =
      before?.kind === 'update'
        ? isChangedInPlace(before, key)
        : before === undefined && this.#isChangedInPlace(key)
    // One that others have changed since it was read is no basis for an update.
    if (!changedInPlace) this.#forgetOutdated(key)
    const value = runUpdater(updater, this.get(key), key)
    const text = encodeValue(value, key)
    if (before?.kind === 'update' && !changedInPlace) {
      before.updaters.push(inThisContext(updater))
      before.value = value
      before.text = text
    } else if (before !== undefined || this.#cleared || changedInPlace) {
      this.#changes = put(this.#changes, key, { kind: 'set', value })
    } else {
      this.#changes = put(this.#changes, key, {
        kind: 'update',
        updaters: [inThisContext(updater)],
        basis: this.#base.get(key),
        value,
        text,
      })
    }
    return value
  }

  delete(key: string): void {
    if (!this.#cleared && this.#base.get(key) !== undefined)
      this.#changes = put(this.#changes, key, { kind: 'delete' })
    else this.#changes.delete(key)
    this.#lent.delete(key)
  }

  flush(): void {
    this.#cleared = true
    this.#isDoubtful = false
    this.#changes = none
    this.#lent = none
  }

  setLifetime(seconds: number): void {
    this.#lifetime = seconds
  }

  /** The lifetime set since the last save, in seconds. */
  get lifetime(): number | undefined {
    return this.#lifetime
  }

  /** Whether a save would write, or fail since an object was changed into what cannot be stored. */
  isChanged(): boolean {
    if (this.#cleared || this.#changes.size > 0 || this.#lifetime !== undefined) return true
    for (const key of this.#lent.keys()) if (this.#isChangedInPlace(key)) return true
    return false
  }

  /** Whether there is anything to found a session on. */
  hasData(): boolean {
    for (const change of this.#changes.values()) if (change.kind !== 'delete') return true
    return false
  }

  /**
   * Hands over what has changed; the draft goes on from there.
   *
   * @throws ERR_VALUE, ERR_OUTCOME_UNKNOWN, and keeps the changes
   */
  take(): Patch {
    if (this.#isDoubtful)
      throw new SessionError(
        'ERR_OUTCOME_UNKNOWN',
        'An update of this session may or may not have been saved, so it is not saved again: start with a new request',
      )
    const operations = new Map<string, Operation>()
    const provisional: string[] = []
    let lent: Map<string, Lent> = none
    for (const [key, { value, text, isChanged: wasChanged }] of this.#lent) {
      if (this.#changes.has(key)) continue
      if (hasText(value, key, text)) {
        lent = put(lent, key, { value, text })
        continue
      }
      const now = encodeValue(value, key)
      lent = put(lent, key, { value, text: now, isChanged: true })
      this.#checkSteady(key, value, now, wasChanged)
      operations.set(key, { kind: 'set', text: now })
    }
    for (const [key, change] of this.#changes) {
      if (change.kind === 'delete') {
        operations.set(key, change)
        continue
      }
      const text = encodeAgain(change.value, key)
      // What was changed in place after an update is no longer what its function makes.
      const isUpdate = change.kind === 'update' && change.text === text
      if (isUpdate) provisional.push(key)
      operations.set(
        key,
        isUpdate
          ? { kind: 'update', updaters: change.updaters, basis: change.basis, text }
          : { kind: 'set', text },
      )
      if (typeof change.value === 'object' && change.value !== null)
        lent = put(lent, key, { value: change.value, text })
    }
    const patch: Patch = { cleared: this.#cleared, operations, lifetime: this.#lifetime }
    this.#base = new PatchedEntries(this.#base, patch)
    this.#cleared = false
    this.#provisional = provisional
    this.#lifetime = undefined
    this.#changes = none
    this.#lent = lent
    return patch
  }

  /** Nobody will save the changes. */
  discard(): void {
    this.#changes = none
    this.#lent = none
    this.#cleared = false
    this.#lifetime = undefined
  }

  /** The save succeeded: what is stored is what the next changes are made to. */
  settle(base: Entries): void {
    this.#base = base
    for (const key of this.#provisional) if (!this.#isChangedInPlace(key)) this.#forgetOutdated(key)
  }

  /**
   * The save failed: its changes are pending again, under those made meanwhile. `mayBeSaved`: or it was done all
   * the same, so that its updates must not run a second time.
   */
  restore(base: Entries, patch: Patch, mayBeSaved = false): void {
    const later = this.#changes
    const laterCleared = this.#cleared
    this.#base = base
    this.#lifetime ??= patch.lifetime
    if (laterCleared) return
    this.#isDoubtful = mayBeSaved && [...patch.operations.values()].some(({ kind }) => kind === 'update')
    this.#cleared = patch.cleared
    this.#changes = none
    for (const [key, operation] of patch.operations)
      this.#changes = put(this.#changes, key, this.#revive(key, operation))
    for (const [key, change] of later)
      this.#changes = put(this.#changes, key, compose(this.#changes.get(key), change, patch.cleared))
  }

  #revive(key: string, operation: Operation): Change {
    if (operation.kind === 'delete') return operation
    const value = this.#lent.get(key)?.value ?? decodeValue(operation.text, key)
    return operation.kind === 'set'
      ? { kind: 'set', value }
      : { ...operation, updaters: [...operation.updaters], value }
  }

  #isChangedInPlace(key: string): boolean {
    const lent = this.#lent.get(key)
    return lent !== undefined && !this.#changes.has(key) && isChangedInPlace(lent, key)
  }

  /**
   * A getter, a proxy or a codec may give another text each time, with which the session would be written for ever.
   * One that has a clock in it does so after a moment; that is waited for once, at the second change in a row.
   */
  #checkSteady(key: string, value: object, text: string, wasChanged: boolean | undefined): void {
    if (encodeAgain(value, key) === text) {
      if (!wasChanged || this.#hasWaited) return
      this.#hasWaited = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, CLOCK_TICK)
      if (encodeAgain(value, key) === text) return
    }
    throw new SessionError(
      'ERR_VALUE',
      `The value of '${key}' is another one each time it is read: store plain data, without getters or clocks`,
      { key },
    )
  }

  /** The next `get` reads anew what is not stored as it was lent. */
  #forgetOutdated(key: string): void {
    if (this.#lent.get(key)?.text !== this.#base.get(key)) this.#lent.delete(key)
  }
}

function isChangedInPlace({ value, text }: { value: unknown; text: string }, key: string): boolean {
  try {
    return !hasText(value, key, text)
  } catch {
    // Changed into what cannot be stored: the save will say so.
    return true
  }
}

/** Two changes of one key as one. */
function compose(earlier: Change | undefined, later: Change, cleared: boolean): Change {
  if (later.kind !== 'update') return later
  if (earlier?.kind === 'update')
    return { ...later, updaters: [...earlier.updaters, ...later.updaters], basis: earlier.basis }
  return earlier || cleared ? { kind: 'set', value: later.value } : later
}
