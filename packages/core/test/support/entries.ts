import type { Entries } from '../../src/lib/codec/entries.ts'
import { decodeValue, encodeValue } from '../../src/lib/codec/values.ts'
import type { Draft } from '../../src/lib/draft.ts'
import { applyPatch } from '../../src/lib/patch.ts'

/** Entries as an engine would hold them. */
export function entriesOf(data: Record<string, unknown>): Map<string, string> {
  return new Map(Object.entries(data).map(([key, value]) => [key, encodeValue(value, key)]))
}

/** What entries hold. */
export function dataOf(entries: Entries): Record<string, unknown> {
  return Object.fromEntries(
    [...entries.keys()].map(key => [key, decodeValue(entries.get(key) as string, key)] as const),
  )
}

/** What a save of the draft over those data would store. */
export function saved(draft: Draft, data: Record<string, unknown> = {}): Record<string, unknown> {
  return dataOf(applyPatch(entriesOf(data), draft.take()))
}
