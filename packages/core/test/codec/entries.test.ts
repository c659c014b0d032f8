import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEntries, encodeEntries, findEntry } from '../../src/lib/codec/entries.ts'
import { anyText } from './support/arbitraries.ts'

const damaged = expect.objectContaining({ code: 'ERR_DECODE' })

describe('entries', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([key]) => key }), pairs => {
        expect([...decodeEntries(encodeEntries(new Map(pairs)))]).toEqual(pairs)
      }),
    )
  })

  test('are found one by one', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([key]) => key }),
        anyText,
        (pairs, other) => {
          const entries = new Map(pairs)
          const text = encodeEntries(entries)
          for (const key of [...entries.keys(), other]) expect(findEntry(text, key)).toBe(entries.get(key))
        },
      ),
    )
  })

  test('none are an empty text', () => {
    expect(encodeEntries(new Map())).toBe('')
    expect(decodeEntries('').size).toBe(0)
  })

  test('cost two characters each while they are short', () => {
    expect(
      encodeEntries(
        new Map([
          ['a', '1'],
          ['', ''],
        ]),
      ),
    ).toBe('\x01\x01a1\x00\x00')
    expect(encodeEntries(new Map([['k'.repeat(64), 'v'.repeat(4096)]]))).toHaveLength(2 + 64 + 3 + 4096)
  })

  test.each([
    ['a length without an entry', '\x05'],
    ['an entry that is cut', '\x01\x05a1'],
    ['a length of more than five digits', '\x40\x40\x40\x40\x40\x00\x00'],
    ['a length that does not end', '\x7f\x7f'],
    ['the largest length', '\x7f\x7f\x7f\x7f\x3f\x7f\x7f\x7f\x7f\x3f'],
    ['a digit that is none', 'é\x01a'],
  ])('%s is damaged', (_, text) => {
    expect(() => decodeEntries(text)).toThrow(damaged)
    expect(() => findEntry(text, 'no such key')).toThrow(damaged)
  })

  test('any text is read or damaged, never anything else', () => {
    fc.assert(
      fc.property(anyText, text => {
        try {
          for (const [key, value] of decodeEntries(text))
            expect(typeof key + typeof value).toBe('stringstring')
        } catch (error) {
          expect(error).toEqual(damaged)
        }
      }),
      { numRuns: 5000 },
    )
  })
})
