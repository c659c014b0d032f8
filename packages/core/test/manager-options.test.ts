import { describe, expect, test } from 'vitest'
import { systemClock } from '../src/lib/clock.ts'
import { checkHashKeys, checkOptions, type ManagerOptions } from '../src/lib/manager-options.ts'

function refused(name: string, value: unknown): string {
  try {
    checkOptions({ [name]: value } as ManagerOptions)
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_CONFIG', name: 'SessionError' })
    return (error as Error).message
  }
  throw new Error(`${name} was accepted`)
}

const notStrings = [5, true, null, {}, [], Symbol('s'), () => 'x']
const notBooleans = [0, 1, 'true', '', null, {}, []]
const notNumbers = [
  '3600',
  '',
  null,
  true,
  {},
  [],
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1.5,
  -1,
  2 ** 32,
  10n,
]
const notFunctions = ['x', 1, null, {}, true]

/** For each option: what it must not be, and the example that the message has to show. */
const wrong: Record<keyof ManagerOptions, { values: readonly unknown[]; example: string }> = {
  cookieName: {
    values: [...notStrings, '', 'a b', 'a=b', 'a;b', 'ü'],
    example: "'gosessionid'|'beegosessionID'",
  },
  maxLifetime: { values: [...notNumbers, 0], example: '3600' },
  absoluteLifetime: { values: notNumbers, example: '28800' },
  touchEvery: { values: notNumbers, example: '360' },
  sweepEvery: { values: [...notNumbers, 20 * 86_400 + 1], example: '3600' },
  cookieLifeTime: { values: notNumbers, example: '2592000' },
  // Any value is for the engine to judge.
  providerConfig: { values: [], example: '' },
  secure: { values: [0, 'yes', '', 'true', null, {}, []], example: "'auto'" },
  trustProxy: { values: ['yes', '', 'true', null, {}, [], -1, 1.5, Number.NaN], example: 'true' },
  hashFunc: { values: [5, true, null, {}, [], 'no such hash', ''], example: "'sha256'" },
  hashKey: { values: [5, true, null, {}, [5], ['a', null]], example: "'new secret'" },
  domain: { values: [...notStrings, '', 'https://example.org', 'a b'], example: "'example.org'" },
  formerCookies: {
    values: [
      5,
      'x',
      null,
      {},
      [5],
      [null],
      [{ domain: 5 }],
      [{ path: 'app' }],
      [{ name: 'sid' }],
      [{ domain: 'a b' }],
    ],
    example: "{ domain: 'example.org' }|'example.org'|'/'|example.org",
  },
  path: { values: [...notStrings, '', 'app', '/;'], example: "'/'" },
  sameSite: { values: [5, true, null, {}, [], 'Lax', '', 'no'], example: "'lax', 'strict' or 'none'" },
  httpOnly: { values: notBooleans, example: 'true' },
  partitioned: { values: notBooleans, example: 'true' },
  idPrefix: { values: [...notStrings, 'a b', 'a;', 'ü', 'p'.repeat(65)], example: "'app1-'" },
  idLength: { values: [...notNumbers, 15, 65], example: '16' },
  setCookie: { values: notBooleans, example: 'true' },
  headerName: {
    values: [...notStrings, '', 'a b', 'Cookie', 'set-cookie'],
    example: "'Beegosessionid'",
  },
  timeout: { values: [...notNumbers, 0, 2 ** 31], example: '5000' },
  clock: { values: [5, 'x', null, {}, { now: 5 }, () => 5], example: 'Date' },
  onSaveError: { values: notFunctions, example: '(error, req, res) => …' },
}

describe('an option of the wrong type or value', () => {
  const cases = Object.entries(wrong).flatMap(([name, { values, example }]) =>
    values.map(value => [name, value, example] as const),
  )
  test.each(cases)('%s: %o', (name, value, example) => {
    const message = refused(name, value)
    expect(message).toContain(name)
    expect(example.split('|').some(shown => message.includes(shown))).toBe(true)
  })

  test('a secret is never in the message', () => {
    expect(() => checkOptions({ hashKey: ['s3cr3t', 5 as unknown as string] })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cr3t') }),
    )
    expect(() => checkOptions({ hashKey: 's3cr3t', hashFunc: 'nope' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cr3t') }),
    )
  })

  test('options that contradict each other', () => {
    expect(() => checkOptions({ secure: false, sameSite: 'none' })).toThrow(
      /secure: false contradicts sameSite: 'none'/,
    )
    expect(() => checkOptions({ cookieName: '__Host-sid', domain: 'example.org' })).toThrow(
      /allows no domain/,
    )
  })
})

describe('an unknown option', () => {
  test.each([
    ['maxlifetime', 'maxLifetime'],
    ['cookiename', 'cookieName'],
    ['sessionName', 'cookieName'],
    ['HTTPONLY', 'httpOnly'],
    ['ttl', 'maxLifetime'],
  ])('%s is refused with what may be meant', (name, meant) => {
    const message = refused(name, 1)
    expect(message).toContain(`unknown option '${name}'`)
    expect(message).toContain(meant)
  })

  test.each(['toString', 'constructor', 'hasOwnProperty'])('%s of the prototype is unknown too', name => {
    expect(refused(name, 1)).toContain(`unknown option '${name}'`)
  })

  test.each([[5], [true], [[]], [['memory']], [null], [undefined], [() => {}]])(
    'options that are none: %o',
    options => {
      expect(() => checkOptions(options as ManagerOptions)).toThrow(
        expect.objectContaining({
          code: 'ERR_CONFIG',
          message: expect.stringContaining('options must be an object'),
        }),
      )
    },
  )
})

describe('what is right', () => {
  test('nothing gives the defaults of the documents', () => {
    expect(checkOptions({})).toMatchObject({
      cookieName: 'beegosessionID',
      maxLifetime: 3600,
      absoluteLifetime: 0,
      touchEvery: undefined,
      cookieLifeTime: 0,
      providerConfig: '',
      secure: 'auto',
      trustProxy: false,
      hashFunc: 'sha1',
      hashKey: [],
      domain: undefined,
      path: '/',
      sameSite: 'lax',
      httpOnly: true,
      partitioned: false,
      idPrefix: '',
      idLength: 16,
      setCookie: true,
      headerName: undefined,
      timeout: 5000,
      clock: systemClock,
    })
  })

  test('undefined is as good as left out', () => {
    const names = Object.keys(wrong)
    const unset = Object.fromEntries(names.map(name => [name, undefined])) as ManagerOptions
    expect(checkOptions(unset)).toEqual(checkOptions({}))
  })

  test('what is given is taken, and the object given stays as it is', () => {
    const clock = { now: () => 5 }
    const hashFunc = () => new Uint8Array(16)
    const given: ManagerOptions = Object.freeze({
      cookieName: '__Host-s',
      maxLifetime: 1,
      absoluteLifetime: 0xffffffff,
      touchEvery: 0,
      cookieLifeTime: 1,
      providerConfig: null,
      secure: true,
      trustProxy: true,
      hashFunc,
      hashKey: ['a', 'b'],
      path: '/',
      sameSite: 'none',
      httpOnly: false,
      partitioned: true,
      timeout: 1,
      clock,
      onSaveError: () => {},
    } as const)
    expect(checkOptions(given)).toMatchObject(given)
  })

  test.each<[string | readonly string[], string[]]>([
    ['', []],
    [[], []],
    [[''], []],
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('hashKey %j means %j', (hashKey, keys) => {
    expect(checkHashKeys(hashKey)).toEqual(keys)
    expect(checkOptions({ hashKey }).hashKey).toEqual(keys)
  })
})
