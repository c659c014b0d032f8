import vm from 'node:vm'
import { describe, expect, test } from 'vitest'
import { decodeValue, encodeValue } from '../../src/lib/codec/values.ts'
import { isSessionError, type SessionError } from '../../src/lib/errors.ts'

function refusal(value: unknown): SessionError {
  try {
    encodeValue(value, 'cart')
  } catch (error) {
    if (isSessionError(error)) return error
    throw error
  }
  throw new Error('it was stored')
}

class Point {
  x = 1
}
class Named extends Map<string, string> {}

const cycle: Record<string, unknown> = { name: 'cycle' }
cycle.self = { cycle }
const mapCycle = new Map<unknown, unknown>()
mapCycle.set('list', [mapCycle])

describe('what cannot be stored is refused, with the key and a remedy', () => {
  test.each<[string, unknown, RegExp]>([
    ['a function', () => 1, /a function in 'cart'.*data only/],
    ['a class', Point, /a function in 'cart'/],
    ['a symbol', Symbol('s'), /a symbol in 'cart'.*use a string/],
    ['an object that contains itself', cycle, /contains itself.*store an id/],
    ['a map that contains itself', mapCycle, /contains itself.*store an id/],
    ['an instance', new Point(), /an instance of Point in 'cart'.*registerType\('Point', Point\)/],
    ['a subclass of Map', new Named(), /an instance of Named.*registerType\('Named', Named\)/],
    ['a subclass of Array', new (class List extends Array {})(), /an instance of List/],
    ['a nameless instance', new (class {})(), /an instance of a nameless class/],
    ['a regular expression', /x/, /an instance of RegExp.*plain data/],
    ['an error', new Error('x'), /an instance of Error/],
    ['a promise', Promise.resolve(1), /an instance of Promise/],
    ['a weak map', new WeakMap(), /an instance of WeakMap/],
    ['a URL', new URL('http://localhost'), /an instance of URL/],
    ['a boxed string', Object('x'), /an instance of String/],
    ['a generator', (function* () {})(), /an instance of/],
    ['an object that inherits values', Object.create({ inherited: 1 }), /an instance of/],
    [
      'one that inherits from an object without a prototype',
      Object.create(Object.create(null)),
      /an instance of/,
    ],
    [
      'an instance of a class without a base',
      Reflect.construct(Object, [], class Bare extends null {}),
      /Bare/,
    ],
    ['an instance of another realm', vm.runInNewContext('new (class Far { x = 1 })()'), /an instance of Far/],
  ])('%s', (_, value, message) => {
    const places: unknown[] = [
      value,
      [value],
      { a: value },
      { a: { b: [1, value] } },
      new Map([[1, value]]),
      new Map([[value, 1]]),
      new Set([value]),
      Object.assign(Object.create(null), { a: value }),
      [undefined, value],
    ]
    for (const place of places)
      expect(refusal(place)).toMatchObject({
        code: 'ERR_VALUE',
        key: 'cart',
        message: expect.stringMatching(message),
      })
  })

  test.each<[string, (inner: unknown) => unknown]>([
    ['arrays', inner => [inner]],
    ['objects', inner => ({ inner })],
    ['maps', inner => new Map([[inner, 1]])],
    ['sets', inner => new Set([inner])],
    ['objects without a prototype', inner => Object.assign(Object.create(null), { inner })],
  ])('%s nested a hundred thousand deep', (_, wrap) => {
    let value: unknown = 1
    for (let i = 0; i < 100_000; i++) value = wrap(value)
    expect(refusal(value)).toMatchObject({
      code: 'ERR_VALUE',
      key: 'cart',
      message: expect.stringMatching(/nested deeper than 500 levels.*flatten/),
    })
  })

  test('500 levels are stored, 501 are not', () => {
    const nested = (depth: number) => {
      let value: unknown = []
      for (let i = 1; i < depth; i++) value = [value]
      return value
    }
    expect(decodeValue(encodeValue(nested(500), 'cart'), 'cart')).toEqual(nested(500))
    expect(refusal(nested(501)).code).toBe('ERR_VALUE')
  })

  test('a member that is refused leaves nothing behind for the next value', () => {
    refusal({ a: () => {} })
    const shared = { a: 1, when: new Date(0) }
    expect(decodeValue(encodeValue([shared, shared], 'cart'), 'cart')).toEqual([shared, shared])
  })

  test('nobody else’s toJSON has a say', () => {
    const prototypes = [BigInt.prototype, Date.prototype, Map.prototype, String.prototype] as {
      toJSON?: unknown
    }[]
    const before = prototypes.map(prototype => Object.getOwnPropertyDescriptor(prototype, 'toJSON'))
    try {
      for (const prototype of prototypes)
        Object.defineProperty(prototype, 'toJSON', { value: () => 'theirs', configurable: true })
      const value = { big: 1n, at: new Date(3), map: new Map([['a', 'b']]), text: 'text' }
      expect(decodeValue(encodeValue(value, 'cart'), 'cart')).toStrictEqual(value)
    } finally {
      prototypes.forEach((prototype, i) => {
        delete prototype.toJSON
        const descriptor = before[i]
        if (descriptor) Object.defineProperty(prototype, 'toJSON', descriptor)
      })
    }
  })
})
