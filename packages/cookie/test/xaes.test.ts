import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { XAES } from '../src/lib/xaes.ts'

// The vectors of https://c2sp.org/XAES-256-GCM

const nonce = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWX')

it.each([
  [1, '', 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271'],
  [3, 'c2sp.org/XAES-256-GCM', '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d'],
])('seals as the specification has it, with a key of %i', (byte, aad, text) => {
  const aead = new XAES(Buffer.alloc(32, byte))
  const sealed = Buffer.concat(aead.seal(Buffer.from('XAES-256-GCM'), Buffer.from(aad), nonce))
  expect(sealed.subarray(24).toString('hex')).toBe(text)
  expect(aead.open(sealed, Buffer.from(aad))?.toString()).toBe('XAES-256-GCM')
})

it('seals ten thousand random messages as the specification has it, and opens them', () => {
  const random = createHash('shake128', { outputLength: 4_000_000 }).digest()
  let at = 0
  const take = (length: number) => {
    at += length
    return random.subarray(at - length, at)
  }
  const takeOne = () => take(take(1)[0] as number)
  const hash = createHash('shake128', { outputLength: 32 })
  for (let i = 0; i < 10_000; i++) {
    const aead = new XAES(take(32))
    const [theirs, text, aad] = [take(24), takeOne(), takeOne()]
    const sealed = Buffer.concat(aead.seal(text, aad, theirs))
    hash.update(sealed.subarray(24))
    expect(aead.open(sealed, aad)?.equals(text)).toBe(true)
  }
  expect(hash.digest('hex')).toBe('e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939')
})
