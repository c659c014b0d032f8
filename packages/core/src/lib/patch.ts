import { AsyncResource } from 'node:async_hooks'
import { isPromise, lookAfter } from './awaitable.ts'
import { editEntries, TextEntries } from './codec/entries.ts'
import type { LiveRecord } from './codec/record.ts'
import { decodeValue, encodeValue } from './codec/values.ts'
import { SessionError } from './errors.ts'

/** A synchronous, pure function of a value: it runs again when another request was faster. */
export type Updater = (value: unknown) => unknown

/** What one request did to one key. */
export type Operation =
  | { readonly kind: 'set'; readonly text: string }
  | { readonly kind: 'delete' }
  | {
      readonly kind: 'update'
      readonly updaters: readonly Updater[]
      /** The text that the updaters were first run on, and what they made of it. */
      readonly basis: string | undefined
      readonly text: string
    }

/**
 * What one request did to a session: an answer to "what changed", not "what is it now", so that it can be
 * applied over whatever others have saved meanwhile.
 */
export interface Patch {
  /** All that was there is deleted first. */
  readonly cleared: boolean
  readonly operations: ReadonlyMap<string, Operation>
  /** The session's own idle lifetime in seconds, where this request has set one. */
  readonly lifetime?: number | undefined
}

/** What a record holds after the patch; without one before it, it is new `now`. @throws as {@link applyPatch} */
export function patchRecord(base: LiveRecord | undefined, patch: Patch, now: number): LiveRecord {
  return {
    createdAt: base?.createdAt ?? now,
    lifetime: patch.lifetime ?? base?.lifetime ?? 0,
    entries: applyPatch(base?.entries, patch),
  }
}

/** The entries after the patch. @throws what an updater throws, ERR_VALUE, ERR_DECODE */
export function applyPatch(base: TextEntries | undefined, { cleared, operations }: Patch): TextEntries {
  const text = base === undefined || cleared ? '' : base.text
  return new TextEntries(
    editEntries(text, operations, (key, text) => applyOperation(text, key, operations.get(key) as Operation)),
  )
}

/** The text of a key after the operation, `undefined` if the key is gone. */
export function applyOperation(
  text: string | undefined,
  key: string,
  operation: Operation,
): string | undefined {
  switch (operation.kind) {
    case 'set':
      return operation.text
    case 'delete':
      return undefined
    case 'update': {
      if (text === operation.basis) return operation.text
      const before = text === undefined ? undefined : decodeValue(text, key)
      return encodeValue(
        operation.updaters.reduce((value, updater) => runUpdater(updater, value, key), before),
        key,
      )
    }
  }
}

/** The function given to `update`, for a second run: it may come amid another request, but has its own context. */
export function inThisContext(updater: Updater): Updater {
  const context = new AsyncResource('sess.update', { requireManualDestroy: true })
  return value => context.runInAsyncScope(updater, undefined, value)
}

/** Runs the function given to `update`. @throws ERR_VALUE if it gives nothing, or a promise */
export function runUpdater(updater: Updater, value: unknown, key: string): unknown {
  const result = updater(value)
  if (result === undefined)
    throw new SessionError(
      'ERR_VALUE',
      `update('${key}') needs a function that returns the new value; use delete('${key}') to remove it`,
      { key },
    )
  lookAfter(result)
  if (isThenable(result))
    throw new SessionError(
      'ERR_VALUE',
      `update('${key}') needs a synchronous function: it may run again on a newer value`,
      { key },
    )
  return result
}

function isThenable(value: unknown): boolean {
  try {
    return isPromise(value)
  } catch {
    // Its `then` cannot be read: whether it can be stored is for the codec to say.
    return false
  }
}
