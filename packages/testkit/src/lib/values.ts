import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { registerType } from '@sess/core'
import fc from 'fast-check'

/** A class of the application, registered by its own enumerable properties. */
export class Cart {
  items: string[]
  since: Date

  constructor(items: string[], since: Date) {
    this.items = items
    this.since = since
  }

  get size(): number {
    return this.items.length
  }
}

/** A class that hides its state, registered with a codec. */
export class Money {
  readonly #cents: bigint

  constructor(cents: bigint) {
    this.#cents = cents
  }

  get cents(): bigint {
    return this.#cents
  }
}

registerType('@sess/testkit/Cart', Cart)
registerType('@sess/testkit/Money', Money, {
  encode: (money: Money) => money.cents,
  decode: (cents: bigint) => new Money(cents),
})

/** Fails unless both are the same values of the same types: -0, NaN, holes, order and prototypes count. */
export function assertSame(actual: unknown, expected: unknown, what: string): void {
  const show = (value: unknown) =>
    inspect(value, { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null })
  assert.equal(show(actual), show(expected), what)
}

const bytes = [0, 1, 127, 128, 254, 255, 13, 10]
const buffer = Uint8Array.from([...bytes, ...bytes]).buffer

/** What sessions hold, by a name for each. */
export const values: Readonly<Record<string, unknown>> = {
  'an empty string': '',
  'a string in many scripts': 'naïve 谢孟军 🂡 \u0000\u001f\u2028 e\u0301 \ufeff',
  'lone surrogates': '\ud800 and \udfff',
  'strings that look like something else': [
    'null',
    'true',
    '1',
    '{}',
    '[object Object]',
    '*',
    "'",
    '\\u0000',
  ],
  true: true,
  false: false,
  zero: 0,
  'minus zero': -0,
  'a fraction': 0.1 + 0.2,
  'the largest number': Number.MAX_VALUE,
  'the smallest number': Number.MIN_VALUE,
  'beyond the safe integers': 2 ** 53 + 2,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'minus Infinity': Number.NEGATIVE_INFINITY,
  'a bigint': 2n ** 70n,
  'a negative bigint': -1n,
  'a date': new Date(Date.UTC(2026, 10, 22, 1, 2, 3, 4)),
  'a date before 1970': new Date(-1),
  'an invalid date': new Date(Number.NaN),
  'an empty array': [],
  'an array with undefined and null': [undefined, null, [undefined]],
  'an array with holes': Object.assign(new Array(4), { 1: 'one' }),
  'an array with properties of its own': Object.assign([1, 2], { total: 57, when: new Date(0) }),
  'the result of a match': 'ab-12'.match(/(?<word>[a-z]+)-(?<number>\d+)/),
  'built-ins with properties of their own': [
    Object.assign(new Date(1), { zone: 'UTC' }),
    Object.assign(new Map([['a', 1]]), { total: 1 }),
    Object.assign(new Set(['a']), { total: 1 }),
    Object.assign(Uint8Array.of(1, 2), { total: 3 }),
  ],
  'an empty object': {},
  'an object with undefined and null': { u: undefined, n: null },
  'an object without a prototype': Object.assign(Object.create(null), { a: 1 }),
  'an object with an empty key': { '': 1, ' ': 2 },
  'the order of keys': { b: 1, a: 2, c: 3 },
  'a key named __proto__': JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": 1}}'),
  'a map': new Map<unknown, unknown>([
    ['a', 1],
    [1, 'a'],
    [{ k: 1 }, new Map([[null, undefined]])],
  ]),
  'a set': new Set<unknown>([1, '1', new Set([Number.NaN]), -0n]),
  'an empty map and an empty set': [new Map(), new Set()],
  'an ArrayBuffer': buffer.slice(0),
  'a DataView': new DataView(buffer.slice(0), 0),
  'a Buffer': Buffer.from(bytes),
  'a view in the middle of a buffer': new Uint8Array(buffer, 3, 5),
  'an empty typed array': new Float64Array(0),
  Int8Array: Int8Array.from([-128, 127]),
  Uint8Array: Uint8Array.from(bytes),
  Uint8ClampedArray: Uint8ClampedArray.from([0, 255]),
  Int16Array: Int16Array.from([-32768, 32767]),
  Uint16Array: Uint16Array.from([0, 65535]),
  Int32Array: Int32Array.from([-(2 ** 31), 2 ** 31 - 1]),
  Uint32Array: Uint32Array.from([0, 2 ** 32 - 1]),
  Float32Array: Float32Array.from([0.5, Number.NaN, -0]),
  Float64Array: Float64Array.from([0.1, Number.NEGATIVE_INFINITY, -0]),
  BigInt64Array: BigInt64Array.from([-(2n ** 63n), 2n ** 63n - 1n]),
  BigUint64Array: BigUint64Array.from([0n, 2n ** 64n - 1n]),
  'all of it, nested': {
    list: [{ at: new Date(0), seen: new Set([1n]), by: new Map([['x', Uint8Array.of(1)]]) }],
    deep: [[[[[[[[{ u: undefined, z: -0 }]]]]]]]],
  },
  'a registered class': new Cart(['tea', 'rice'], new Date(1)),
  'registered classes in other values': {
    carts: [new Cart([], new Date(2))],
    by: new Map([['me', new Cart(['x'], new Date(3))]]),
  },
}

/** Any value that a session can hold. */
export const anyValue: fc.Arbitrary<unknown> = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
  withSparseArray: true,
  stringUnit: 'binary',
} as fc.ObjectConstraints)

/** Any key of a session, the dangerous ones often. */
export const anyKey: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '\ud800', 'a.b', 'a[0]', '$'),
)
