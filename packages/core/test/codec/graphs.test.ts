import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { registerType } from '../../src/lib/codec/types.ts'
import { checkValue, decodeValue, encodeAgain, encodeValue, hasText } from '../../src/lib/codec/values.ts'
import { isSessionError } from '../../src/lib/errors.ts'
import { ownProperties } from './support/arbitraries.ts'
import { anyGraph, isSharedAlike } from './support/graphs.ts'

function roundTrip<T>(value: T): T {
  return decodeValue(encodeValue(value, 'key'), 'key') as T
}

const match = 'ab-12'.match(/(?<word>[a-z]+)-(?<number>\d+)/) as RegExpMatchArray
const ERR_VALUE = expect.objectContaining({ code: 'ERR_VALUE', key: 'key' })

test('a random graph of objects comes back as it was, or is refused with the key', () => {
  const seen = { kept: 0, refused: 0 }
  fc.assert(
    fc.property(anyGraph, graph => {
      let text: string
      try {
        text = encodeValue(graph, 'key')
      } catch (error) {
        if (!isSessionError(error, 'ERR_VALUE') || error.key !== 'key') throw error
        expect(() => checkValue(graph, 'key')).toThrow(ERR_VALUE)
        seen.refused++
        return
      }
      checkValue(graph, 'key')
      const read = decodeValue(text, 'key')
      expect(isDeepStrictEqual(read, graph)).toBe(true)
      expect(isSharedAlike(graph, read)).toBe(true)
      expect(encodeValue(read, 'key')).toBe(text)
      expect(encodeAgain(graph, 'key')).toBe(text)
      expect(hasText(read, 'key', text)).toBe(true)
      seen.kept++
    }),
    { numRuns: 5000 },
  )
  expect(Math.min(seen.kept, seen.refused)).toBeGreaterThan(500)
})

describe('properties of its own are kept by', () => {
  test.each<[string, object]>([
    ['an array', [1, 2]],
    ['an empty array', []],
    ['an array of what JSON cannot say', [new Date(1), undefined]],
    ['a sparse array', Object.assign(new Array(4), { 2: 'two' })],
    ['a date', new Date(3)],
    ['a map', new Map([['a', 1]])],
    ['a set', new Set(['a'])],
    ['a buffer', Buffer.from('bytes')],
    ['a typed array', Int16Array.of(1, 2)],
    ['a view', new DataView(new ArrayBuffer(4))],
    ['memory', new ArrayBuffer(4)],
  ])('%s', (_, value) => {
    ownProperties(value, [
      ['total', 57],
      ['when', new Date(0)],
      ['__proto__', { a: 1 }],
    ])
    for (const place of [value, { value }, [[value]], new Map([[value, value]])]) {
      const read = roundTrip(place)
      expect(isDeepStrictEqual(read, place)).toBe(true)
      expect(isSharedAlike(place, read)).toBe(true)
    }
  })

  test('the result of a match', () => {
    const read = roundTrip({ match }).match
    expect(isDeepStrictEqual(read, match)).toBe(true)
    expect(read.groups?.number).toBe('12')
    expect(read).toMatchObject({ index: 0, input: 'ab-12' })
  })
})

describe('one object at several places stays one', () => {
  test('where JSON could say each of them', () => {
    const shared = { n: 1 }
    const read = roundTrip({ a: shared, b: [shared, shared] })
    expect(read).toEqual({ a: { n: 1 }, b: [{ n: 1 }, { n: 1 }] })
    expect(read.a).toBe(read.b[0])
    expect(read.a).toBe(read.b[1])
  })

  test('after many others', () => {
    const many = Array.from({ length: 100 }, (_, n) => ({ n }))
    const read = roundTrip([...many, many[50], many[0]])
    expect(read[100]).toBe(read[50])
    expect(read[101]).toBe(read[0])
  })

  test('of every kind', () => {
    class Point {
      x = 1
    }
    registerType('graphs/Point', Point)
    const all = [
      [1],
      {},
      new Date(1),
      new Map(),
      new Set(),
      Buffer.from('a'),
      Object.create(null),
      new Point(),
      match,
    ]
    const read = roundTrip({ all, again: [...all].reverse() })
    expect(isDeepStrictEqual(read.again, [...read.all].reverse())).toBe(true)
    read.all.forEach((object, i) => {
      expect(read.again[all.length - 1 - i]).toBe(object)
    })
  })

  test('and equal objects stay two', () => {
    const read = roundTrip([{ n: 1 }, { n: 1 }, new Date(0), new Date(0)])
    expect(read[0]).not.toBe(read[1])
    expect(read[2]).not.toBe(read[3])
  })

  test('however often the text of a whole would hold it', () => {
    let value: unknown = ['leaf']
    for (let i = 0; i < 200; i++) value = i % 2 ? { a: value, b: value } : [value, value]
    const text = encodeValue(value, 'key')
    expect(text.length).toBeLessThan(10_000)
    expect(encodeValue(decodeValue(text, 'key'), 'key')).toBe(text)
  })
})

describe('what would come back different is refused, with the key and what it is', () => {
  const hidden = (target: object, name = 'secret') =>
    Object.defineProperty(target, name, { value: 1 }) as unknown
  test.each<[string, () => unknown, RegExp]>([
    ['a symbol as a key', () => ({ [Symbol('s')]: 1 }), /key is a symbol.*string/],
    ['a symbol as a key of an array', () => Object.assign([1], { [Symbol('s')]: 1 }), /key is a symbol/],
    ['a symbol as a key of a map', () => Object.assign(new Map(), { [Symbol('s')]: 1 }), /key is a symbol/],
    ['a symbol as a key of a buffer', () => Object.assign(Buffer.alloc(3), { [Symbol('s')]: 1 }), /symbol/],
    ['a hidden property', () => hidden({ a: 1 }), /hidden property 'secret'.*copy/],
    ['a hidden property of an array', () => hidden([1, 2]), /hidden property 'secret'/],
    ['a hidden property of a date', () => hidden(new Date()), /hidden property 'secret'/],
    ['a hidden property without a prototype', () => hidden(Object.create(null)), /hidden property 'secret'/],
    ['a hidden toJSON', () => hidden({ a: 1 }, 'toJSON'), /hidden property 'toJSON'/],
    [
      'arguments',
      () =>
        (function () {
          // biome-ignore lint/complexity/noArguments: a session may be given them
          return arguments
        })(),
      /hidden property|symbol/,
    ],
    [
      'the strings of a template',
      () => ((strings: TemplateStringsArray, _: number) => strings)`a${1}b`,
      /hidden property 'raw'/,
    ],
    ['a module', () => Math, /hidden|symbol/],
    [
      'a length of its own on a view',
      () => hidden(Float64Array.of(1), 'length'),
      /property 'length' of its own/,
    ],
    ['a boxed number', () => Object(1), /instance of Number/],
    ['a boxed bigint', () => Object(1n), /instance of BigInt/],
    ['a subclass with the name of its base', () => new ({ Date: class extends Date {} }).Date(), /of Date/],
    ['a subclass of Array named Array', () => new ({ Array: class extends Array {} }).Array(), /of Array/],
    [
      'a subclass of bytes named Buffer',
      () => new ({ Buffer: class extends Uint8Array {} }).Buffer(),
      /of Buffer/,
    ],
    [
      'an instance with toJSON',
      () =>
        new (class Money {
          toJSON() {
            return 1
          }
        })(),
      /of Money/,
    ],
    ['a function in a property of an array', () => Object.assign([1], { f() {} }), /a function/],
    [
      'a getter that throws',
      () => ({
        get a() {
          throw new Error('theirs')
        },
      }),
      /fails when it is read/,
    ],
    [
      'a proxy that is revoked',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {})
        revoke()
        return proxy
      },
      /fails when it is read/,
    ],
  ])('%s', (_, make, message) => {
    for (const place of [make(), { a: [make()] }, [undefined, make()], new Map([[1, make()]])])
      for (const store of [encodeValue, checkValue])
        expect(() => store(place, 'key')).toThrow(
          expect.objectContaining({ code: 'ERR_VALUE', key: 'key', message: expect.stringMatching(message) }),
        )
  })

  test('a codec that makes more objects for ever', () => {
    class Endless {}
    registerType('graphs/Endless', Endless, {
      encode: () => [new Endless(), new Endless()],
      decode: () => new Endless(),
    })
    expect(() => encodeValue(new Endless(), 'key')).toThrow(ERR_VALUE)
  })
})

test('frozen objects and getters are stored as what they show', () => {
  const value = Object.freeze({
    list: Object.freeze([1]),
    get sum() {
      return 3
    },
  })
  const read = roundTrip(value)
  expect(isDeepStrictEqual(read, value)).toBe(true)
})

describe('references in hostile text', () => {
  test.each([
    '["r",0]',
    '["a",["r",0]]',
    '["a",["r",1]]',
    '["a",["r",-1]]',
    '["a",{},["r",1.5]]',
    '["a",["r","0"]]',
    '["a",["r","length"]]',
    '["a",["r",1e9]]',
    '["p",1,{}]',
    '["p",["c","x",1],{}]',
    '["p",["a"],["a"]]',
    '["p",["a"],{"length":1}]',
    '["p",["p",["a"],{}],{}]',
  ])('the damaged %s', json => {
    expect(() => decodeValue(`*${json}`, 'key')).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE', key: 'key' }),
    )
  })
})
