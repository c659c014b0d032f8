import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeRecord,
  encodeTombstone,
  type LiveRecord,
  REVISION_BYTES,
  revisionOf,
  TOMBSTONE_BYTES,
} from '../../src/lib/codec/record.ts'
import { encodeValue } from '../../src/lib/codec/values.ts'
import { recordOf, textsOf } from '../support/entries.ts'
import { anyText, plainValue } from './support/arbitraries.ts'

/** What every record costs beyond its entries, in bytes. */
const HEADER_BYTES = 23

function live(bytes: Uint8Array): LiveRecord {
  const record = decodeRecord(bytes)
  if (typeof record !== 'object') throw new Error(`no live record but ${record}`)
  return record
}

function contents(bytes: Uint8Array): [string, string][] {
  const { entries } = live(bytes)
  return textsOf(entries)
}

describe('a record', () => {
  test('gives back its times, lifetime and entries, in their order, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.nat(2 ** 48 - 1),
        fc.nat(0xffffffff),
        fc.uniqueArray(fc.tuple(anyText, anyText), { selector: ([key]) => key }),
        (createdAt, lifetime, entries) => {
          const bytes = recordOf(entries, { createdAt, lifetime })
          expect(live(bytes)).toMatchObject({ createdAt, lifetime })
          expect(contents(bytes)).toEqual(entries)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test.each([0, 1, 63, 64, 4095, 4096, 262_143, 262_144, 3_000_000])(
    'holds a value of %i characters',
    length => {
      for (const character of ['a', 'é', '水', '\ud800']) {
        const entries: [string, string][] = [
          ['key', character.repeat(length)],
          ['k'.repeat(length), 'value'],
        ]
        expect(contents(recordOf(entries))).toEqual(entries)
      }
    },
  )

  test('whose key ends and whose value begins with half a character is not mended', () => {
    const entries: [string, string][] = [
      ['\ud83d', '\ude00'],
      ['b\ud83d', '\ude00'],
    ]
    expect(contents(recordOf(entries))).toEqual(entries)
  })

  test('has entries named like members of a prototype only if they were set', () => {
    const { entries } = live(recordOf([['__proto__', '1']]))
    expect([...entries.keys()]).toEqual(['__proto__'])
    for (const key of ['constructor', 'toString', 'hasOwnProperty']) expect(entries.get(key)).toBeUndefined()
  })

  test('has a new revision in every write, and it is not in the checksum', () => {
    const entries = [['a', '1']] as const
    const [a, b] = [recordOf(entries), recordOf(entries)]
    expect(revisionOf(a)).toHaveLength(REVISION_BYTES)
    expect(revisionOf(a)).not.toBe(revisionOf(b))
    expect(a.subarray(REVISION_BYTES).equals(b.subarray(REVISION_BYTES))).toBe(true)
    const revisions = Array.from({ length: 10_000 }, () => revisionOf(recordOf(entries)))
    expect(new Set(revisions).size).toBe(revisions.length)
  })

  test('is read from any kind of byte array, and from the middle of one', () => {
    const bytes = recordOf([['a', '1']])
    const padded = new Uint8Array(bytes.length + 20)
    padded.set(bytes, 11)
    const view = padded.subarray(11, 11 + bytes.length)
    expect(contents(new Uint8Array(bytes))).toEqual([['a', '1']])
    expect(contents(view)).toEqual([['a', '1']])
    expect(revisionOf(view)).toBe(revisionOf(bytes))
  })

  test('of a damaged kind, cut anywhere or with any byte changed, is none', () => {
    const bytes = recordOf([['key', "'value"]], { lifetime: 2 })
    for (let length = 0; length < bytes.length; length++)
      expect(decodeRecord(bytes.subarray(0, length))).toBeUndefined()
    for (let at = REVISION_BYTES; at < bytes.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] as number) ^ (1 << bit)
        expect(decodeRecord(damaged)).toBeUndefined()
      }
    expect(decodeRecord(Buffer.concat([bytes, Buffer.of(0)]))).toBeUndefined()
  })
})

describe('a tombstone', () => {
  test('is the only data of its length, and no session', () => {
    const bytes = encodeTombstone()
    expect(bytes).toHaveLength(TOMBSTONE_BYTES)
    expect(decodeRecord(bytes)).toBe('tombstone')
    expect(recordOf([]).length).toBeGreaterThan(TOMBSTONE_BYTES)
    expect(revisionOf(encodeTombstone())).not.toBe(revisionOf(bytes))
  })
})

describe('size', () => {
  /** What the same data would take as JSON in UTF-8. */
  const jsonSize = (data: Record<string, unknown>) => Buffer.byteLength(JSON.stringify(data))
  const recordSize = (data: Record<string, unknown>) => {
    const entries = Object.entries(data).map(([key, value]) => [key, encodeValue(value, key)] as const)
    return recordOf(entries).length
  }
  const sessions = (values: fc.Arbitrary<unknown>) => {
    const key = fc.string({ maxLength: 40, unit: 'binary' }).filter(text => text.length < 64)
    return fc.dictionary(key, values, { noNullPrototype: true })
  }

  test('is that of JSON at most, beyond the header, for plain data', () => {
    fc.assert(
      fc.property(sessions(plainValue), data => recordSize(data) <= HEADER_BYTES + jsonSize(data)),
      { numRuns: 2000 },
    )
  })

  test('is that of JSON at most for any text, lone surrogates too', () => {
    fc.assert(
      fc.property(sessions(anyText), data => recordSize(data) <= HEADER_BYTES + jsonSize(data)),
      { numRuns: 2000 },
    )
  })

  test('is less than that of JSON for a typical session, header included', () => {
    const data = {
      username: 'astaxie',
      userID: 48151623,
      role: 'editor',
      csrf: 'k3hJ8sWc0pXbQzY1',
      locale: 'zh-CN',
      cart: [
        { sku: 'A-1', n: 2 },
        { sku: 'B-7', n: 1 },
      ],
      flash: 'Saved "your" profile',
      visits: 17,
      seenAt: 1_790_000_000_000,
      isAdmin: false,
    }
    expect(recordSize(data) - HEADER_BYTES).toBeLessThan(jsonSize(data))
  })

  test('grows by a byte or two per entry of 64 characters and 4096 more, or of 256 KiB', () => {
    const list = Array.from({ length: 150_000 }, () => 1)
    for (const data of [{ ['k'.repeat(64)]: list.slice(0, 3000) }, { list }, { ['k'.repeat(4096)]: list }])
      expect(recordSize(data) - HEADER_BYTES - jsonSize(data)).toBeLessThanOrEqual(2)
  })
})

test('the header is what the size says: 8 revision, 4 checksum, 1 kind, 6 created, 4 lifetime', () => {
  const bytes = recordOf([], { createdAt: 0x010203040506, lifetime: 0x0708090a })
  expect(bytes).toHaveLength(HEADER_BYTES)
  expect(bytes.readUInt32BE(8)).toBe(crc32(bytes.subarray(12)))
  expect(bytes.subarray(12).toString('hex')).toBe('010102030405060708090a')
})
