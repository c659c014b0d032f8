import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { editEntries, encodeEntry, TextEntries } from '../../src/lib/codec/entries.ts'
import { entriesOfTexts, textsOf } from '../support/entries.ts'
import { anyText } from './support/arbitraries.ts'

const damaged = expect.objectContaining({ code: 'ERR_DECODE' })
const pairs = fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([key]) => key })

describe('entries', () => {
  test('are read as they were written', () => {
    fc.assert(
      fc.property(pairs, pairs => {
        expect(textsOf(entriesOfTexts(pairs))).toEqual(pairs)
      }),
    )
  })

  test('are found one by one, the first few times and later', () => {
    fc.assert(
      fc.property(pairs, anyText, (pairs, other) => {
        const expected = new Map(pairs)
        const entries = entriesOfTexts(pairs)
        for (let time = 0; time < 10; time++)
          for (const key of [...expected.keys(), other]) expect(entries.get(key)).toBe(expected.get(key))
      }),
    )
  })

  test('are not read before somebody asks', () => {
    let asked = 0
    const entries = new TextEntries(() => {
      asked++
      return encodeEntry('a', '1')
    })
    expect(asked).toBe(0)
    expect([entries.get('a'), entries.get('b'), textsOf(entries)]).toEqual(['1', undefined, [['a', '1']]])
    expect(asked).toBe(1)
  })

  test('none are an empty text', () => {
    expect(entriesOfTexts([]).text).toBe('')
    expect(textsOf(new TextEntries(''))).toEqual([])
  })

  test('cost two characters each while they are short', () => {
    expect(encodeEntry('a', '1') + encodeEntry('', '')).toBe('\x01\x01a1\x00\x00')
    expect(encodeEntry('k'.repeat(64), 'v'.repeat(4096))).toHaveLength(2 + 64 + 3 + 4096)
  })

  test.each([
    ['a length without an entry', '\x05'],
    ['an entry that is cut', '\x01\x05a1'],
    ['a length of more than five digits', '\x40\x40\x40\x40\x40\x00\x00'],
    ['a length that does not end', '\x7f\x7f'],
    ['the largest length', '\x7f\x7f\x7f\x7f\x3f\x7f\x7f\x7f\x7f\x3f'],
    ['a digit that is none', 'é\x01a'],
  ])('%s is damaged', (_, text) => {
    expect(() => new TextEntries(text).keys()).toThrow(damaged)
    expect(() => new TextEntries(text).get('no such key')).toThrow(damaged)
    expect(() => editEntries(text, new Map(), () => undefined)).toThrow(damaged)
  })

  test('any text is read or damaged, never anything else', () => {
    fc.assert(
      fc.property(anyText, text => {
        try {
          for (const [key, value] of textsOf(new TextEntries(text)))
            expect(typeof key + typeof value).toBe('stringstring')
        } catch (error) {
          expect(error).toEqual(damaged)
        }
      }),
      { numRuns: 5000 },
    )
  })
})

describe('an edit', () => {
  test('is that of a map: of its own keys, in their places, with new ones behind', () => {
    const edits = fc.uniqueArray(fc.tuple(anyText, fc.option(anyText, { nil: undefined })), {
      selector: ([key]) => key,
    })
    const shared = fc.tuple(pairs, edits).map(([pairs, edits]) => {
      // Half of the edits are of keys that are there.
      const keys = pairs.map(([key]) => key)
      return [pairs, new Map(edits.map(([key, text], i) => [i % 2 ? (keys[i] ?? key) : key, text]))] as const
    })
    fc.assert(
      fc.property(shared, ([pairs, edits]) => {
        const expected = new Map(pairs)
        const seen: [string, string | undefined][] = []
        for (const [key, text] of edits) {
          seen.push([key, expected.get(key)])
          if (text === undefined) expected.delete(key)
          else expected.set(key, text)
        }
        const told = new Map<string, string | undefined>()
        const text = editEntries(entriesOfTexts(pairs).text, edits, (key, before) => {
          told.set(key, before)
          return edits.get(key)
        })
        expect(textsOf(new TextEntries(text))).toEqual([...expected])
        expect(told).toEqual(new Map(seen))
      }),
    )
  })

  test('copies what is not edited unread, damaged values too', () => {
    const text = encodeEntry('broken', '{') + encodeEntry('a', '1')
    expect(editEntries(text, new Map([['a', 2]]), () => '2')).toBe(
      encodeEntry('broken', '{') + encodeEntry('a', '2'),
    )
    expect(editEntries(text, new Map(), () => '2')).toBe(text)
  })
})
