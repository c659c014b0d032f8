import { describe, expect, test } from 'vitest'
import { randomInto } from '../src/lib/random.ts'

describe('randomInto', () => {
  test('fills so many bytes and leaves the others', () => {
    for (const length of [0, 1, 8, 16, 4096]) {
      const target = Buffer.alloc(4200, 0xaa)
      randomInto(target, length)
      expect(target.subarray(length).every(byte => byte === 0xaa)).toBe(true)
      if (length >= 8) expect(target.subarray(0, length).equals(Buffer.alloc(length, 0xaa))).toBe(false)
    }
  })

  test('never gives the same bytes again, also across refills and odd lengths', () => {
    const seen = new Set<string>()
    const target = Buffer.alloc(24)
    for (let i = 0; i < 5000; i++) {
      const length = 8 + (i % 17)
      randomInto(target, length)
      seen.add(target.toString('hex', 0, 8))
    }
    expect(seen.size).toBe(5000)
    expect(seen.has('0'.repeat(16))).toBe(false)
  })
})
