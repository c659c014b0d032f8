import vm from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkValue, decodeValue, encodeValue } from '../../src/lib/codec/values.ts'
import { anyText, anyValue, ownProperties } from './support/arbitraries.ts'
import { isSame } from './support/is-same.ts'

function roundTrip<T>(value: T): T {
  return decodeValue(encodeValue(value, 'key'), 'key') as T
}

describe('what was set is what is read', () => {
  test('for any value at any depth', () => {
    fc.assert(
      fc.property(anyValue, value => isSame(roundTrip(value), value)),
      { numRuns: 3000 },
    )
  })

  test('for any text, lone surrogates too', () => {
    fc.assert(fc.property(anyText, text => roundTrip(text) === text))
    expect(roundTrip('\ud800')).toBe('\ud800')
    expect(roundTrip(['\udfff', { '\ud800': '\ud800x' }])).toEqual(['\udfff', { '\ud800': '\ud800x' }])
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
    ['-0', -0],
    ['the largest number', Number.MAX_VALUE],
    ['the smallest number', Number.MIN_VALUE],
    ['a bigint', -(2n ** 200n)],
    ['a date', new Date(8.64e15)],
    ['an invalid date', new Date(Number.NaN)],
    ['an empty array', []],
    ['holes', Object.assign(new Array(5), { 1: 1, 3: undefined })],
    ['an array like a mark', ['n', 'NaN']],
    ['marks of marks', [['u'], ['a', ['o', {}]], { u: ['h'] }]],
    ['text like a mark', `*["u"]`],
    ['text like JSON', '{"a":1}'],
    ['quoted text', `'quoted`],
    ['empty text', ''],
    ['a view into a larger buffer', new Uint16Array(new Uint16Array([1, 2, 3, 4]).buffer, 2, 2)],
    ['a Buffer of the pool', Buffer.from('pool')],
  ])('%s', (_, value) => {
    expect(isSame(roundTrip(value), value)).toBe(true)
    expect(isSame(roundTrip({ value: [value] }), { value: [value] })).toBe(true)
  })

  test('keys named __proto__ stay keys, at every depth', () => {
    const inner = ownProperties({}, [['__proto__', { polluted: true }]])
    for (const value of [inner, { a: [inner] }, new Map([[inner, inner]]), { inner, plain: undefined }]) {
      const read = roundTrip(value)
      expect(isSame(read, value)).toBe(true)
    }
    const read = roundTrip(ownProperties({}, [['__proto__', new Date(0)]]))
    expect(Object.keys(read)).toEqual(['__proto__'])
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  })

  test('objects without a prototype have none when they are read', () => {
    const value: object = Object.assign(Object.create(null), { a: 1 })
    expect(Object.getPrototypeOf(roundTrip(value))).toBe(null)
    expect(Object.getPrototypeOf(roundTrip([value])[0])).toBe(null)
  })

  test('values of other realms come back as those of this one', () => {
    const context = vm.createContext({})
    const foreign = vm.runInContext(
      `({ date: new Date(5), map: new Map([[1, new Set([2])]]), list: [1, , 3], bytes: new Uint8Array([7]),
          big: 9n, buffer: new Uint8Array([1, 2]).buffer, plain: { a: [1] }, none: Object.create(null) })`,
      context,
    ) as Record<string, unknown>
    const read = roundTrip(foreign)
    const holes = Object.assign(new Array(3), { 0: 1, 2: 3 })
    expect(read).toStrictEqual({
      date: new Date(5),
      map: new Map([[1, new Set([2])]]),
      list: holes,
      bytes: new Uint8Array([7]),
      big: 9n,
      buffer: new Uint8Array([1, 2]).buffer,
      plain: { a: [1] },
      none: Object.create(null),
    })
    expect(read.date).toBeInstanceOf(Date)
    expect(read.bytes).toBeInstanceOf(Uint8Array)
  })

  test('as deep as it may be set, it can be read', () => {
    const wraps: ((inner: unknown) => unknown)[] = [
      inner => [inner],
      inner => ({ inner }),
      inner => Object.assign(Object.create(null), { inner }),
      inner => new Map([[1, inner]]),
      inner => new Set([inner]),
    ]
    for (const wrap of wraps) {
      for (const depth of [50, 99, 100, 101, 102, 250, 251, 499]) {
        let value: unknown = 'core'
        for (let i = 0; i < depth; i++) value = wrap(value)
        const text = encodeValue(value, 'key')
        expect(encodeValue(decodeValue(text, 'key'), 'key')).toBe(text)
      }
    }
  })
})

describe('text', () => {
  test('equal values have equal texts', () => {
    fc.assert(
      fc.property(anyValue, value => {
        const text = encodeValue(value, 'key')
        return encodeValue(decodeValue(text, 'key'), 'key') === text && encodeValue(value, 'key') === text
      }),
      { numRuns: 2000 },
    )
  })

  test('different values have different texts', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => {
        if (encodeValue(a, 'key') === encodeValue(b, 'key')) expect(isSame(a, b)).toBe(true)
      }),
      { numRuns: 2000 },
    )
    const lookalikes = [
      undefined,
      null,
      Number.NaN,
      'NaN',
      0,
      -0,
      '',
      [],
      {},
      Object.create(null),
      [undefined],
      [null],
      [''],
      new Map(),
      new Set(),
      new Date(0),
      new Date(Number.NaN),
      0n,
      '0n',
      new Uint8Array(),
      Buffer.alloc(0),
      new ArrayBuffer(0),
      new Array(1),
      ['u'],
      [['u']],
      { 0: 'u' },
      '*["u"]',
    ]
    expect(new Set(lookalikes.map(value => encodeValue(value, 'key'))).size).toBe(lookalikes.length)
  })

  test('every reading gives a new value', () => {
    const text = encodeValue({ list: [1], at: new Date(0) }, 'key')
    const first = decodeValue(text, 'key') as { list: number[] }
    first.list.push(2)
    expect(decodeValue(text, 'key')).toEqual({ list: [1], at: new Date(0) })
  })

  test('checkValue refuses what encodeValue refuses', () => {
    expect(() => checkValue({ f() {} }, 'key')).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
    expect(() => checkValue(() => {}, 'key')).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
    expect(() => checkValue(Symbol('s'), 'key')).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
    for (const value of [1, 'a', undefined, null, 1n, true, { a: 1 }]) checkValue(value, 'key')
  })
})
