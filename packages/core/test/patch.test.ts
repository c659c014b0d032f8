import { describe, expect, test, vi } from 'vitest'
import { encodeValue } from '../src/lib/codec/values.ts'
import { applyOperation, applyPatch, type Operation, type Patch, runUpdater } from '../src/lib/patch.ts'
import { dataOf, entriesOf, entriesOfTexts, textsOf } from './support/entries.ts'

const set = (value: unknown): Operation => ({ kind: 'set', text: encodeValue(value, 'key') })
const patchOf = (operations: Record<string, Operation>, cleared = false): Patch => ({
  cleared,
  operations: new Map(Object.entries(operations)),
})

describe('a patch', () => {
  test('touches its own keys and copies the others as they are, unread', () => {
    const base = entriesOfTexts([
      ['a', '1'],
      ['broken', '{'],
    ])
    const entries = applyPatch(base, patchOf({ a: set(2), b: set(3) }))
    expect(textsOf(entries)).toEqual([
      ['a', '2'],
      ['broken', '{'],
      ['b', '3'],
    ])
    expect(textsOf(base)).toEqual([
      ['a', '1'],
      ['broken', '{'],
    ])
  })

  test('over nothing makes the entries', () => {
    expect(dataOf(applyPatch(undefined, patchOf({ a: set(1), b: { kind: 'delete' } })))).toEqual({ a: 1 })
  })

  test('that clears keeps nothing of the base, not even for an update', () => {
    const updater = vi.fn(n => ((n as number | undefined) ?? 0) + 1)
    const update: Operation = { kind: 'update', updaters: [updater], basis: '5', text: '6' }
    expect(dataOf(applyPatch(entriesOf({ n: 5, a: 1 }), patchOf({ n: update }, true)))).toEqual({ n: 1 })
  })

  test('twice is the same as once', () => {
    const patch = patchOf({ a: set([1]), b: { kind: 'delete' } })
    const once = applyPatch(entriesOf({ a: 0, b: 0, c: 0 }), patch)
    expect(textsOf(applyPatch(once, patch))).toEqual(textsOf(once))
  })

  test('fails as a whole when an updater fails', () => {
    const reason = new Error('theirs')
    const update: Operation = {
      kind: 'update',
      updaters: [
        () => {
          throw reason
        },
      ],
      basis: undefined,
      text: '1',
    }
    const base = entriesOf({ n: 1 })
    expect(() => applyPatch(base, patchOf({ a: set(1), n: update }))).toThrow(reason)
    expect(dataOf(base)).toEqual({ n: 1 })
  })
})

describe('an update', () => {
  test('takes what it made before if the value is still the one it was made of', () => {
    const updater = vi.fn()
    const update: Operation = { kind: 'update', updaters: [updater], basis: "'a", text: "'b" }
    expect(applyOperation("'a", 'key', update)).toBe("'b")
    expect(updater).not.toHaveBeenCalled()
  })

  test('is told the key of a newer value that cannot be read', () => {
    const update: Operation = { kind: 'update', updaters: [n => n], basis: '1', text: '2' }
    expect(() => applyOperation('{', 'cart', update)).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE', key: 'cart' }),
    )
  })
})

describe('an updater', () => {
  test.each([
    ['nothing', () => undefined, /returns the new value.*delete\('cart'\)/],
    ['a promise', async () => 1, /synchronous/],
  ])('that gives %s is refused with the remedy', (_, updater, message) => {
    expect(() => runUpdater(updater, 1, 'cart')).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE', key: 'cart', message: expect.stringMatching(message) }),
    )
  })

  test('may give null, false, zero and an empty text', () => {
    for (const value of [null, false, 0, '']) expect(runUpdater(() => value, 1, 'cart')).toBe(value)
  })
})
