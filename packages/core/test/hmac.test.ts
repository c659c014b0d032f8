import { createHmac, getHashes } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hmac } from '../src/lib/hmac.ts'

const algorithms = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha512-256', 'SHA1']

it.each(algorithms)('is the HMAC of Node for %s, whatever the key', algorithm => {
  expect(getHashes().map(name => name.toLowerCase())).toContain(algorithm.toLowerCase())
  const key = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ minLength: 60, maxLength: 140 }))
  fc.assert(
    fc.property(key, fc.array(fc.stringMatching(/^[0-9a-f]{32}$/), { minLength: 2 }), (key, texts) => {
      const sign = hmac(algorithm, key, 32)
      for (const text of texts) expect(sign(text)).toBe(createHmac(algorithm, key).update(text).digest('hex'))
    }),
  )
})
