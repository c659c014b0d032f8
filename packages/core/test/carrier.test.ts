import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IDCarrier, SealedCarrier } from '../src/lib/carrier.ts'
import { type CookieOptions, CookieWriter } from '../src/lib/cookie.ts'

const options: CookieOptions = {
  name: 'sid',
  domain: undefined,
  path: '/',
  sameSite: 'lax',
  httpOnly: true,
  partitioned: false,
  secure: 'auto',
}
const writer = new CookieWriter(options)
const LIMIT = 4096

/** The header that a browser sends after such lines, over what it had. */
function browse(lines: readonly string[], header = ''): string {
  const jar = new Map(
    header
      .split('; ')
      .filter(Boolean)
      .map(pair => pair.split(/=(.*)/s, 2) as [string, string]),
  )
  for (const line of lines) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) as unknown as [string, string, string]
    if (line.includes('Max-Age=0')) jar.delete(name)
    else jar.set(name, value)
  }
  return [...jar].map(pair => pair.join('=')).join('; ')
}

describe('an id in one cookie', () => {
  const carrier = new IDCarrier('sid', writer)

  test('is written, read, cleared and known again', () => {
    const [line = ''] = carrier.write('abc', 60, true, undefined)
    expect(line).toBe('sid=abc; Max-Age=60; Path=/; HttpOnly; SameSite=Lax; Secure')
    expect(carrier.read(browse([line]))).toEqual(['abc'])
    expect(browse(carrier.clear(true, 'sid=abc'), browse([line]))).toBe('')
    expect(carrier.read(undefined)).toEqual([])
  })

  test('owns its own lines only', () => {
    expect(carrier.owns('sid=abc; Path=/')).toBe(true)
    for (const line of ['sid.1=abc', 'xsid=abc', 'Sid=abc', 'sidx=abc', 'other=sid=abc'])
      expect(carrier.owns(line)).toBe(false)
  })
})

describe('a sealed session', () => {
  const carrier = new SealedCarrier('sid', writer, 5)

  test('that fits goes into one cookie, whole', () => {
    const lines = carrier.write('abc', 0, false, undefined)
    expect(lines).toEqual(['sid=1.abc; Path=/; HttpOnly; SameSite=Lax'])
    expect(carrier.read(browse(lines))).toEqual(['abc'])
  })

  test('of any length is read as it was written, in lines that a browser takes', () => {
    const room = capacity(5)
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: room }),
        fc.boolean(),
        fc.constantFrom(0, 2_592_000),
        (size, isSecure, maxAge) => {
          const text = textOf(Math.min(size, room - 5 * 40))
          const lines = carrier.write(text, maxAge, isSecure, undefined)
          for (const line of lines) expect(line.length).toBeLessThanOrEqual(LIMIT)
          expect(carrier.read(browse(lines))).toEqual([text])
        },
      ),
    )
  })

  test('is split at the limit, not before and not after', () => {
    const first = capacity(1)
    expect(carrier.write(textOf(first), 0, false, undefined)).toHaveLength(1)
    const [one = ''] = carrier.write(textOf(first), 0, false, undefined)
    // One character is kept free: the count may have two digits.
    expect(one.length).toBe(LIMIT - 1)
    const two = carrier.write(textOf(first + 1), 0, false, undefined)
    expect(two).toHaveLength(2)
    expect(two[1]).toMatch(/^sid\.1=.; Path/)
    expect(carrier.write(textOf(capacity(5)), 0, false, undefined)).toHaveLength(5)
  })

  test('that is larger than all its cookies is an error with the limit', () => {
    for (const size of [capacity(5) + 1, 1_000_000])
      expect(() => carrier.write(textOf(size), 0, false, undefined)).toThrow(
        expect.objectContaining({
          code: 'ERR_TOO_LARGE',
          limit: capacity(5),
          message: expect.stringContaining(`${size} bytes, 5 cookies hold ${capacity(5)}`),
        }),
      )
    const single = new SealedCarrier('sid', writer, 1)
    expect(() => single.write(textOf(capacity(1) + 1), 0, false, undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE', limit: capacity(1) }),
    )
  })

  test('that becomes shorter clears the cookies it no longer needs, and no others', () => {
    const long = browse(carrier.write(textOf(capacity(1) * 2 + 500), 0, false, undefined), 'other=1')
    expect(long.match(/sid(\.\d)?=/g)).toEqual(['sid=', 'sid.1=', 'sid.2='])
    const lines = carrier.write('abc', 0, true, long)
    expect(lines).toHaveLength(3)
    expect(lines.slice(1).every(line => line.includes('Max-Age=0') && line.includes('Secure'))).toBe(true)
    expect(browse(lines, long)).toBe('other=1; sid=1.abc')
  })

  test('is cleared in all its cookies', () => {
    const header = browse(carrier.write(textOf(capacity(2)), 0, false, undefined), 'other=1')
    expect(browse(carrier.clear(false, header), header)).toBe('other=1')
    expect(carrier.clear(false, undefined)).toHaveLength(1)
  })

  test('takes no leftover of a longer session for a part of its own', () => {
    const long = browse(carrier.write(textOf(capacity(2)), 0, false, undefined))
    // As when the clearing lines were lost.
    const mixed = browse(carrier.write('abc', 0, false, undefined).slice(0, 1), long)
    expect(mixed).toContain('sid.1=')
    expect(carrier.read(mixed)).toEqual(['abc'])
  })

  test('with a part missing is none', () => {
    const lines = carrier.write(textOf(capacity(2) + 10), 0, false, undefined)
    expect(lines).toHaveLength(3)
    for (const lost of [0, 1, 2]) expect(carrier.read(browse(lines.filter((_, i) => i !== lost)))).toEqual([])
  })

  test.each([
    ['no count', 'abc'],
    ['no dot', '1abc'],
    ['a count of three digits', '100.abc'],
    ['more than there may be', '6.abc'],
    ['99', '99.abc'],
    ['a negative one', '-1.abc'],
    ['a fraction', '1e3.abc'],
    ['a number in hex', '0x2.abc'],
    ['nothing', ''],
  ])('with %s for a count is none, whatever else came', (_, value) => {
    const parts = Array.from({ length: 100 }, (_, i) => `sid.${i}=x`).join('; ')
    expect(carrier.read(`sid=${value}; ${parts}`)).toEqual([])
  })

  test('read from many cookies of one name costs little', () => {
    const header = `${'sid=5.a; '.repeat(20_000)}sid.1=a; sid.2=b; sid.3=c; sid.4=d`
    // The best of some: others have the processor, too.
    const times = Array.from({ length: 5 }, () => {
      const start = performance.now()
      expect(carrier.read(header)[0]).toBe('aabcd')
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(200)
  })

  test('of an engine with more cookies than can be counted has 99', () => {
    const many = new SealedCarrier('sid', writer, 1000)
    const text = textOf(98 * 4000)
    expect(many.read(browse(many.write(text, 0, false, undefined)))).toEqual([text])
    expect(() => many.write(textOf(4096 * 99), 0, false, undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE', message: expect.stringContaining('99 cookies') }),
    )
  })

  test('for which the name leaves no room is an error, not a cut session', () => {
    const name = 'n'.repeat(3800)
    const narrow = new SealedCarrier(
      name,
      new CookieWriter({ ...options, name, path: `/${'p'.repeat(300)}` }),
      5,
    )
    expect(() => narrow.write('abc', 0, false, undefined)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE', limit: 0 }),
    )
  })

  test('owns the lines of all its cookies, and no others', () => {
    for (const line of ['sid=1.a', 'sid.1=a; Path=/', 'sid.12=a']) expect(carrier.owns(line)).toBe(true)
    for (const line of ['sid.x=a', 'sid.=a', 'xsid=a', 'sid.1x=a', 'other=sid=1', 'sid.-1=a', 'sid'])
      expect(carrier.owns(line)).toBe(false)
  })

  function capacity(cookies: number): number {
    const names = ['sid', 'sid.1', 'sid.2', 'sid.3', 'sid.4'].slice(0, cookies)
    return names.reduce((sum, name) => sum + LIMIT - writer.write(name, '00.', 0, false).length, 0)
  }

  function textOf(size: number): string {
    return 'abcdefghijklmnopqrstuvwxyz'.repeat(size / 26 + 1).slice(0, size)
  }
})
