import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { TextEntries } from '../../src/lib/codec/entries.ts'
import { decodeRecord } from '../../src/lib/codec/record.ts'
import { decodeValue, encodeValue } from '../../src/lib/codec/values.ts'
import { isSessionError } from '../../src/lib/errors.ts'
import { recordOf, textsOf } from '../support/entries.ts'
import { anyText, anyValue } from './support/arbitraries.ts'

/** Reads all that is in a record, as a handler would that asks for every key. */
function readAll(bytes: Uint8Array): unknown {
  const record = decodeRecord(bytes)
  if (typeof record !== 'object') return record
  return textsOf(record.entries).map(([key, text]) => decodeValue(text, key))
}

/** Whatever the bytes: no session, values, or ERR_DECODE; never another error. */
function survive(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!isSessionError(error, 'ERR_DECODE')) throw error
  }
}

function sign(bytes: Buffer): Buffer {
  if (bytes.length >= 12) bytes.writeUInt32BE(crc32(bytes.subarray(12)), 8)
  return bytes
}

/** The bytes of a record whose entries are this text. */
function recordOfText(text: string, kind = 1): Buffer {
  const encoding = kind === 3 ? 'utf16le' : kind === 2 ? 'utf8' : 'latin1'
  return sign(
    Buffer.concat([Buffer.alloc(12), Buffer.of(kind), Buffer.alloc(10), Buffer.from(text, encoding)]),
  )
}

const members = (object: object) => Reflect.ownKeys(object).map(String).sort().join()
const prototypes = [Object.prototype, Array.prototype, Function.prototype, Map.prototype, String.prototype]
const before = prototypes.map(members)

afterAll(() => {
  expect(prototypes.map(members)).toEqual(before)
})

describe('hostile bytes', () => {
  test('at random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        survive(() => readAll(bytes))
        survive(() => readAll(sign(Buffer.from(bytes))))
      }),
      { numRuns: 20_000 },
    )
  })

  test('a true record with bytes changed and the checksum made good', () => {
    const change = fc.tuple(fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(
        fc.dictionary(anyText, anyValue, { maxKeys: 4 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (data, changes) => {
          const texts = Object.entries(data).map(([key, value]) => [key, encodeValue(value, key)] as const)
          const bytes = recordOf(texts)
          for (const [at, byte] of changes) bytes[12 + (at % (bytes.length - 12))] = byte
          survive(() => readAll(sign(bytes)))
        },
      ),
      { numRuns: 4000 },
    )
  })

  test('as text of entries and of values', () => {
    fc.assert(
      fc.property(anyText, text => {
        survive(() => textsOf(new TextEntries(text)))
        survive(() => decodeValue(text, 'key'))
        survive(() => decodeValue(`*${text}`, 'key'))
      }),
      { numRuns: 5000 },
    )
  })

  test('any JSON in the place of what is packed', () => {
    const kind = fc.constantFrom(
      'u',
      'n',
      'b',
      'd',
      'a',
      'o',
      's',
      'm',
      'y',
      'c',
      'h',
      'p',
      'r',
      '',
      'constructor',
      1,
      null,
    )
    const hostile = fc.letrec<{ node: unknown }>(tie => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.tuple(kind, tie('node')),
        fc.tuple(kind, tie('node'), tie('node')),
        fc.dictionary(
          fc.constantFrom('__proto__', 'constructor', 'toString', 'valueOf', 'then', 'a'),
          tie('node'),
        ),
      ),
    })).node
    fc.assert(
      fc.property(hostile, node => survive(() => decodeValue(`*${JSON.stringify(node)}`, 'key'))),
      { numRuns: 2000 },
    )
  })
})

describe('each of these is damaged, and the error names the key', () => {
  test.each([
    ['an unknown kind', '["z"]'],
    ['a kind that is no text', '[1]'],
    ['no kind', '[]'],
    ['a hole outside of an array', '["s",["h"]]'],
    ['a kind from the prototype', '["constructor"]'],
    ['a bigint that is none', '["b","x"]'],
    ['a bigint that is a fraction', '["b","1.5"]'],
    ['an empty bigint', '["b",""]'],
    ['a bigint that is no text', '["b",{}]'],
    ['an object that is none', '["o",5]'],
    ['an object that is an array', '["o",["a"]]'],
    ['an object that is missing', '["o"]'],
    ['a date of an object', '["d",{"valueOf":1,"toString":1}]'],
    ['a date of text', '["d","2020-01-01"]'],
    ['a date beyond the last one', '["d",1e300]'],
    ['a number of an object', '["n",{"valueOf":1,"toString":1}]'],
    ['a number that JSON can say', '["n","5"]'],
    ['a map with half an entry', '["m",1]'],
    ['binary of a class from the prototype', '["y","constructor",""]'],
    ['binary of __proto__', '["y","__proto__",""]'],
    ['binary of a class that is no view', '["y","SharedArrayBuffer","AAAA"]'],
    ['binary without a name', '["y"]'],
    ['binary without bytes', '["y","Uint8Array"]'],
    ['an array of words with half a word', '["y","Uint16Array","AAAA"]'],
    ['floats with half a float', '["y","Float64Array","AAAAAAAA"]'],
    ['big integers with half a one', '["y","BigInt64Array","AA=="]'],
    ['a class that nobody registered', '["c","Nobody",{}]'],
    ['a class named __proto__', '["c","__proto__",{}]'],
    ['a class named hasOwnProperty', '["c","hasOwnProperty",{}]'],
    ['a class without a name', '["c"]'],
    ['a class whose name is an object', '["c",{"toString":1}]'],
    ['JSON that is cut', '["a",'],
    ['nothing', ''],
  ])('%s', (_, json) => {
    for (const text of [`*${json}`, `*{"a":${json || '?'}}`, `*["a",${json || '?'}]`])
      try {
        decodeValue(text, 'cart')
        expect.unreachable(text)
      } catch (error) {
        expect(error).toMatchObject({
          code: 'ERR_DECODE',
          key: 'cart',
          message: expect.stringContaining("'cart'"),
        })
      }
  })

  test.each(['', '{', 'undefined', 'NaN', '{"a":}', '[1,]', '\u0000'])('the plain text %j', text => {
    expect(() => decodeValue(text, 'cart')).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE', key: 'cart' }),
    )
  })
})

describe('work is bounded by the bytes', () => {
  /** Far below what a copy of the bytes costs if lengths were believed, far above what a slow machine needs. */
  const LIMIT = 2000

  function timed(read: () => unknown): number {
    const start = performance.now()
    survive(read)
    return performance.now() - start
  }

  test('huge lengths allocate nothing', () => {
    for (const text of ['\x7f\x7f\x7f\x7f\x3f\x00', '\x00\x7f\x7f\x7f\x7f\x3f', '\x7f'.repeat(1_000_000)])
      expect(timed(() => readAll(recordOfText(text)))).toBeLessThan(LIMIT)
  })

  test('a million empty entries', () => {
    expect(timed(() => readAll(recordOfText('\x00'.repeat(2_000_000))))).toBeLessThan(LIMIT)
  })

  test.each<[string, string, string]>([
    ['arrays', '[', ']'],
    ['packed arrays', '["a",', ']'],
    ['objects', '{"a":', '}'],
    ['maps', '["m",1,', ']'],
    ['sets', '["s",', ']'],
    ['objects without a prototype', '["o",{"a":', '}]'],
    ['unregistered classes', '["c","C",', ']'],
  ])('%s nested a hundred thousand deep', (_, open, close) => {
    for (const json of [open.repeat(100_000) + 1 + close.repeat(100_000), open.repeat(100_000)])
      for (const text of [json, `*${json}`]) expect(timed(() => decodeValue(text, 'key'))).toBeLessThan(LIMIT)
  })

  test('what is too deep to be stored cannot be read, or not be stored again', () => {
    const deep = `${'["a",'.repeat(100_000)}1${']'.repeat(100_000)}`
    expect(() => decodeValue(`*${deep}`, 'cart')).toThrow(
      expect.objectContaining({
        code: 'ERR_DECODE',
        key: 'cart',
        message: expect.stringContaining('too deep'),
      }),
    )
    const value = decodeValue('['.repeat(100_000) + ']'.repeat(100_000), 'cart')
    expect(() => encodeValue(value, 'cart')).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE', key: 'cart' }),
    )
  })

  test('wide values', () => {
    const wide = `["a"${',["u"]'.repeat(200_000)}]`
    expect(timed(() => decodeValue(`*${wide}`, 'key'))).toBeLessThan(LIMIT)
    const digits = `["b","${'9'.repeat(100_000)}"]`
    expect(timed(() => decodeValue(`*${digits}`, 'key'))).toBeLessThan(LIMIT)
  })
})

test('keys and members named __proto__ change no prototype', () => {
  const poison = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
  for (const json of [poison, `*${poison}`, `*["o",${poison}]`, `*["a",${poison}]`, `*["m",1,${poison}]`]) {
    const value = decodeValue(json, 'key') as object
    expect(value).not.toHaveProperty('polluted', 1)
    expect({}).not.toHaveProperty('polluted')
  }
  const record = decodeRecord(recordOfText('\x09\x01__proto__1'))
  expect(record).toBeTypeOf('object')
  expect(Object.getPrototypeOf(decodeValue('*["o",{"__proto__":1}]', 'key'))).toBe(null)
})

test('an unknown kind of record is no session', () => {
  for (const kind of [4, 5, 127, 255]) expect(decodeRecord(recordOfText('\x01\x01a1', kind))).toBeUndefined()
})

test('a record of ASCII that is not, and of UTF-8 that is not', () => {
  const text = Buffer.from([0x01, 0x03, 0x61, 0x27, 0xff, 0xfe])
  for (const kind of [1, 2, 3])
    survive(() => readAll(sign(Buffer.concat([Buffer.alloc(12), Buffer.of(kind), Buffer.alloc(10), text]))))
})
