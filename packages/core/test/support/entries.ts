import { type Entries, encodeEntry, TextEntries } from '../../src/lib/codec/entries.ts'
import { encodeRecord } from '../../src/lib/codec/record.ts'
import { decodeValue, encodeValue } from '../../src/lib/codec/values.ts'
import type { Draft } from '../../src/lib/draft.ts'
import { applyPatch } from '../../src/lib/patch.ts'

/** Entries as an engine would hold them. */
export function entriesOf(data: Record<string, unknown>): TextEntries {
  return entriesOfTexts(Object.entries(data).map(([key, value]) => [key, encodeValue(value, key)]))
}

export function entriesOfTexts(texts: Iterable<readonly [string, string]>): TextEntries {
  return new TextEntries([...texts].map(([key, value]) => encodeEntry(key, value)).join(''))
}

/** A record as an engine would hold it. Times in milliseconds since 1970 and in seconds. */
export function recordOf(
  texts: Iterable<readonly [string, string]>,
  { createdAt = 1, lifetime = 0 }: { createdAt?: number; lifetime?: number } = {},
): Buffer {
  return encodeRecord({ createdAt, lifetime, entries: entriesOfTexts(texts) })
}

/** Keys and texts, in order. */
export function textsOf(entries: Entries): [string, string][] {
  return [...entries.keys()].map(key => [key, entries.get(key) as string])
}

/** What entries hold. */
export function dataOf(entries: Entries): Record<string, unknown> {
  return Object.fromEntries(textsOf(entries).map(([key, text]) => [key, decodeValue(text, key)]))
}

/** What a save of the draft over those data would store. */
export function saved(draft: Draft, data: Record<string, unknown> = {}): Record<string, unknown> {
  return dataOf(applyPatch(entriesOf(data), draft.take()))
}
