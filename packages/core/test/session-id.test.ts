import crypto, { createHash, createHmac, getHashes } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { type HashFunction, randomID, SessionIDs } from '../src/lib/session-id.ts'

function idsWith(hashFunc: string | HashFunction, ...keys: string[]): SessionIDs {
  const ids = new SessionIDs()
  ids.setHashFunc(hashFunc, keys)
  return ids
}

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

describe('an id', () => {
  test('is 32 lowercase hex characters, and 32 more of a tag when there is a key', () => {
    expect(new SessionIDs().create()).toMatch(/^[0-9a-f]{32}$/)
    expect(idsWith('sha1', 'key').create()).toMatch(/^[0-9a-f]{64}$/)
    expect(randomID()).toMatch(/^[0-9a-f]{32}$/)
  })

  test('begins with the prefix and is as long as asked for, and its tag and hash are of its random part', () => {
    const plain = idsWith('sha1', 'key')
    const ids = new SessionIDs({ idPrefix: 'app1:', idLength: 16 })
    ids.setHashFunc('sha1', ['key'])
    const sid = ids.create()
    expect(sid).toMatch(/^app1:[0-9a-f]{64}$/)
    expect(ids.check(sid)).toBe(0)
    expect(plain.check(sid.slice(5))).toBe(0)
    expect(ids.storageID(sid)).toBe(plain.storageID(sid.slice(5)))
    expect(ids.renew(sid)).toBe(sid)
    for (const other of [
      sid.slice(5),
      `app2:${sid.slice(5)}`,
      `${sid}0`,
      `app1:0${sid.slice(5)}`,
      sid.toUpperCase(),
    ])
      expect(ids.check(other), other).toBeUndefined()
    const long = new SessionIDs({ idLength: 64 })
    expect(long.create()).toMatch(/^[0-9a-f]{128}$/)
    expect(long.check(long.create())).toBe(0)
    expect(long.check(new SessionIDs().create())).toBeUndefined()
    long.setHashFunc('sha256', ['key'])
    const tagged = long.create()
    expect(tagged).toMatch(/^[0-9a-f]{160}$/)
    expect(long.check(tagged)).toBe(0)
    expect(long.check(tagged.replace(/.$/, last => (last === '0' ? '1' : '0')))).toBeUndefined()
    expect(new Set(Array.from({ length: 1000 }, () => long.create())).size).toBe(1000)
  })

  test('is never given twice', () => {
    const ids = idsWith('sha1', 'key')
    const seen = new Set(Array.from({ length: 20_000 }, () => ids.create().slice(0, 32)))
    expect(seen.size).toBe(20_000)
  })

  test('has 128 bits, each as often 0 as 1', () => {
    const counts = new Array<number>(128).fill(0)
    const rounds = 10_000
    for (let i = 0; i < rounds; i++) {
      const bits = BigInt(`0x${randomID()}`)
      for (let bit = 0; bit < 128; bit++)
        if ((bits >> BigInt(bit)) & 1n) counts[bit] = (counts[bit] as number) + 1
    }
    // Seven standard deviations: a true coin fails once in a hundred million runs of this test.
    for (const count of counts) expect(Math.abs(count - rounds / 2)).toBeLessThan(350)
  })

  test('comes from the system’s generator, 16 bytes or more for each, and not from Math.random', () => {
    let bytes = 0
    const fill = crypto.randomFillSync
    vi.spyOn(crypto, 'randomFillSync').mockImplementation((target: NodeJS.ArrayBufferView) => {
      bytes += target.byteLength
      return fill(target)
    })
    syncBuiltinESMExports()
    vi.spyOn(Math, 'random').mockImplementation(() => {
      throw new Error('Math.random is no source of ids')
    })
    const ids = idsWith('sha1', 'key')
    for (let i = 0; i < 1000; i++) ids.create()
    // Up to 256 ids come from what was filled before.
    expect(bytes).toBeGreaterThanOrEqual((1000 - 256) * 16)
  })
})

describe('the tag', () => {
  test('is the first 16 bytes of the HMAC of the random part', () => {
    const sid = idsWith('sha256', 'key').create()
    const tag = createHmac('sha256', 'key').update(sid.slice(0, 32)).digest('hex').slice(0, 32)
    expect(sid.slice(32)).toBe(tag)
  })

  test.each(getHashes())('with %s tells ours from theirs, or the name is refused', name => {
    const ids = new SessionIDs()
    try {
      ids.setHashFunc(name, ['key'])
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_CONFIG', message: expect.stringContaining('hashFunc') })
      return
    }
    const sid = ids.create()
    expect(sid).toMatch(/^[0-9a-f]{64}$/)
    expect(ids.check(sid)).toBe(0)
    expect(idsWith(name, 'other key').check(sid)).toBeUndefined()
  })

  test('names that sessions are known to use are among them', () => {
    for (const name of ['sha1', 'sha256', 'sha512', 'md5'])
      expect(idsWith(name, 'key').create()).toHaveLength(64)
  })

  test('by a function is checked by that function, with data and key as text', () => {
    const hash = vi.fn<HashFunction>((data, key) => createHash('sha512').update(`${key}:${data}`).digest())
    const ids = idsWith(hash, 'key')
    const sid = ids.create()
    expect(hash).toHaveBeenLastCalledWith(sid.slice(0, 32), 'key')
    expect(ids.check(sid)).toBe(0)
    expect(ids.check(sid.slice(0, 32) + sid.slice(0, 32))).toBeUndefined()
  })

  test('may come as any bytes, also in the middle of others', () => {
    const digest = (data: string) => createHash('sha256').update(data).digest()
    const padded: HashFunction = data => {
      const bytes = new Uint8Array(64)
      bytes.set(digest(data), 13)
      return bytes.subarray(13, 13 + 32)
    }
    expect(idsWith(padded, 'key').check(idsWith(digest, 'key').create())).toBe(0)
  })

  test.each<[string, unknown]>([
    ['an unknown name', 'sha0'],
    ['an empty name', ''],
    ['a function that gives too little', () => new Uint8Array(15)],
    ['a function that gives text', () => 'f'.repeat(32)],
    ['a function that gives a promise', async () => new Uint8Array(32)],
    ['a function that gives nothing', () => {}],
  ])('of %s is refused at once, and the keys before stay', (_, hashFunc) => {
    const ids = idsWith('sha1', 'key')
    const sid = ids.create()
    expect(() => ids.setHashFunc(hashFunc as string, ['other'])).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining('hashFunc') }),
    )
    expect(ids.check(sid)).toBe(0)
    expect(ids.check(ids.create())).toBe(0)
  })

  test('by an unknown name is refused also while there is no key', () => {
    expect(() => idsWith('sha0')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
  })

  test('is not what the function was told to throw: its error passes', () => {
    const reason = new Error('theirs')
    expect(() =>
      idsWith(() => {
        throw reason
      }, 'key'),
    ).toThrow(reason)
  })
})

describe('checking', () => {
  const ids = idsWith('sha1', 'key')
  const sid = ids.create()

  test.each([
    ['nothing', ''],
    ['the random part alone', sid.slice(0, 32)],
    ['a character less', sid.slice(0, -1)],
    ['a character more', `${sid}0`],
    ['a line end more', `${sid}\n`],
    ['capitals', sid.toUpperCase().replace(/^\d+$/, 'A')],
    ['a letter that is no digit', `${sid.slice(0, -1)}g`],
    ['a letter of two bytes', `${sid.slice(0, -1)}é`],
    ['spaces', ` ${sid.slice(1)}`],
    ['a path', `${'../'.repeat(21)}a`],
    ['two ids', sid + sid],
    ['a tag of zeros', sid.slice(0, 32) + '0'.repeat(32)],
    ['the tag of another id', sid.slice(0, 32) + ids.create().slice(32)],
    ['halves exchanged', sid.slice(32) + sid.slice(0, 32)],
    ['an id without a key', new SessionIDs().create()],
    ['the id of another key', idsWith('sha1', 'other').create()],
    ['the id of another hash', idsWith('sha256', 'key').create()],
  ])('refuses %s', (_, forged) => {
    expect(ids.check(forged)).toBeUndefined()
  })

  test('refuses an id with any one character changed', () => {
    for (let at = 0; at < sid.length; at++) {
      const other = sid[at] === '0' ? '1' : '0'
      expect(ids.check(sid.slice(0, at) + other + sid.slice(at + 1))).toBeUndefined()
    }
  })

  test('refuses whatever somebody makes up', () => {
    const digit = fc.constantFrom(...'0123456789abcdef')
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: digit, minLength: 64, maxLength: 64 })), forged => {
        expect(ids.check(forged)).toBeUndefined()
      }),
      { numRuns: 5000 },
    )
  })

  test('without a key accepts the shape alone, and no tag', () => {
    const untagged = new SessionIDs()
    expect(untagged.check('0123456789abcdef'.repeat(2))).toBe(0)
    expect(untagged.check('0123456789abcdef'.repeat(4))).toBeUndefined()
    expect(untagged.check('0123456789ABCDEF'.repeat(2))).toBeUndefined()
    expect(untagged.check('xsnkjklkjjkh27hjh78908')).toBeUndefined()
  })

  test('compares in constant time, with every key', () => {
    const spy = vi.spyOn(crypto, 'timingSafeEqual')
    syncBuiltinESMExports()
    const rotated = idsWith('sha1', 'new', 'old', 'oldest')
    for (const tag of ['0'.repeat(32), 'f'.repeat(32)]) {
      spy.mockClear()
      expect(rotated.check(sid.slice(0, 32) + tag)).toBeUndefined()
      expect(spy).toHaveBeenCalledTimes(3)
    }
  })

  test('does not take one id’s tag for another’s when calls follow each other', () => {
    const [a, b] = [ids.create(), ids.create()]
    for (let i = 0; i < 10; i++) {
      expect(ids.check(a)).toBe(0)
      expect(ids.check(b.slice(0, 32) + a.slice(32))).toBeUndefined()
      expect(ids.check(b)).toBe(0)
    }
  })
})

describe('rotation', () => {
  test('the first key signs, all are accepted, and which one is told', () => {
    const old = idsWith('sha1', 'old').create()
    const rotated = idsWith('sha1', 'new', 'old')
    expect(rotated.check(old)).toBe(1)
    expect(rotated.check(rotated.create())).toBe(0)
    expect(idsWith('sha1', 'new').check(rotated.create())).toBe(0)
    expect(idsWith('sha1', 'new').check(old)).toBeUndefined()
  })

  test('a key may be taken away again', () => {
    const ids = idsWith('sha1', 'key')
    const tagged = ids.create()
    ids.setHashFunc('sha1', [])
    expect(ids.check(tagged)).toBeUndefined()
    expect(ids.create()).toHaveLength(32)
  })
})

describe('the storage id', () => {
  test('is the lowercase hex SHA-256 of the 32 characters, whatever the keys', () => {
    const untagged = new SessionIDs().create()
    const expected = createHash('sha256').update(untagged).digest('hex')
    expect(expected).toMatch(/^[0-9a-f]{64}$/)
    for (const ids of [new SessionIDs(), idsWith('sha1', 'a'), idsWith('md5', 'b', 'c')]) {
      expect(ids.storageID(untagged)).toBe(expected)
      expect(ids.storageID(untagged + 'f'.repeat(32))).toBe(expected)
    }
  })

  test('does not hold the id', () => {
    const ids = idsWith('sha1', 'key')
    const sid = ids.create()
    expect(ids.storageID(sid)).not.toContain(sid.slice(0, 8))
    expect(ids.storageID(sid)).not.toBe(ids.storageID(ids.create()))
  })
})
