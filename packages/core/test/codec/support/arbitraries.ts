import fc from 'fast-check'

/** Any UTF-16 text, lone surrogates too, and often the names that prototypes listen to. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: fc.nat(0xffff).map(code => String.fromCharCode(code)) }) },
  { weight: 4, arbitrary: fc.string() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor',
      'prototype',
      'toString',
      'toJSON',
      'length',
      '',
      '0',
    ),
  },
)

const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

const binary = fc.oneof(
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.uint8Array().map(bytes => Buffer.from(bytes)),
  fc.uint8Array().map(bytes => new Uint8Array(bytes).buffer),
  fc.uint8Array().map(bytes => new DataView(new Uint8Array(bytes).buffer)),
)

const leaf = fc.oneof(
  anyText,
  number,
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined),
  fc.date({ noInvalidDate: false }),
  binary,
)

/** Everything that a session can hold, nested. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.sparseArray(tie('value'), { maxNumElements: 4, maxLength: 8 }),
    fc.array(fc.tuple(anyText, tie('value')), { maxLength: 5 }).map(pairs => ownProperties({}, pairs)),
    fc
      .array(fc.tuple(anyText, tie('value')), { maxLength: 5 })
      .map(pairs => ownProperties(Object.create(null), pairs)),
    fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map(pairs => new Map(pairs)),
    fc.array(tie('value'), { maxLength: 4 }).map(members => new Set(members)),
  ),
})).value

/** What JSON gives back as it is, with keys that UTF-8 can say. */
export const plainValue: fc.Arbitrary<unknown> = fc
  .jsonValue({ stringUnit: 'binary', maxDepth: 4 })
  .map(value => JSON.parse(JSON.stringify(value)) as unknown)

/** As assignments would, had `__proto__` no setter. */
export function ownProperties(target: object, pairs: readonly (readonly [string, unknown])[]): object {
  for (const [name, value] of pairs)
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true })
  return target
}
