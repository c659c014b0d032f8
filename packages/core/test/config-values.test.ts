import { EventEmitter } from 'node:events'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { checkConfigObject, isHost, isPath, isPlainObject, readNumber } from '../src/lib/config-values.ts'

class OwnClient {
  readonly host = '10.0.0.1'
}

describe('a config object', () => {
  test.each<[string, unknown]>([
    ['that is written as one', { host: 'a' }],
    ['that is empty', {}],
    ['without a prototype', Object.create(null)],
    ['of another realm', runInNewContext('({ host: "a" })')],
    ['that is frozen', Object.freeze({ host: 'a' })],
    ['with a field that hides a method', { hasOwnProperty: 1, constructor: 'x' }],
  ])('%s is taken as it is', (_, config) => {
    expect(checkConfigObject('own', config, 'an object')).toBe(config)
    expect(isPlainObject(config)).toBe(true)
  })

  test.each<[string, unknown, string]>([
    ['an instance of a class', new OwnClient(), "an instance of 'OwnClient'"],
    ['an object that inherits from one', Object.create(new OwnClient()), "an instance of 'OwnClient'"],
    ['an object that inherits its fields', Object.create({ host: 'a' }), "an instance of 'Object'"],
    ['an emitter', new EventEmitter(), "an instance of 'EventEmitter'"],
    ['a map', new Map(), "an instance of 'Map'"],
    ['a map of another realm', runInNewContext('new Map()'), "an instance of 'Map'"],
    ['a URL', new URL('redis://:secret@a'), "an instance of 'URL'"],
    ['a promise', Promise.resolve(), "an instance of 'Promise'"],
    ['a buffer', Buffer.from('secret'), "an instance of 'Buffer'"],
    ['an array', ['secret'], 'an array'],
    ['an array of another realm', runInNewContext('["secret"]'), 'an array'],
    ['a function', () => 'secret', 'a function'],
    ['a class', OwnClient, 'a function'],
    ['a text', 'secret', 'a string'],
    ['a number', 5, 'a number'],
    ['a symbol', Symbol('secret'), 'a symbol'],
    ['null', null, 'null'],
    ['nothing', undefined, 'undefined'],
    ['an instance of a class without a name', new (class {})(), 'an object with a prototype'],
    [
      'an object whose prototype has nothing',
      Object.create(Object.create(null)),
      'an object with a prototype',
    ],
  ])('that is %s is refused, and the error names what to pass', (_, config, name) => {
    expect(isPlainObject(config)).toBe(false)
    expect(() => checkConfigObject('own', config, "an object, e.g. { host: 'a' }")).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: `providerConfig of the own engine is ${name}; it must be an object, e.g. { host: 'a' }`,
      }),
    )
  })
})

describe('a number', () => {
  test.each<[unknown, unknown]>([
    ['6379', 6379],
    [' 5\n', 5],
    ['007', 7],
    ['0.5', 0.5],
    ['-1', -1],
    ['+3', 3],
    [6379, 6379],
  ])('may be text: %s', (given, number) => {
    expect(readNumber(given)).toBe(number)
  })

  test.each([
    '',
    ' ',
    '1e3',
    '0x10',
    '1_000',
    '5s',
    '1.',
    '.5',
    'Infinity',
    'NaN',
    '1 2',
    null,
    undefined,
    true,
    5n,
  ])('is not read from %s, which stays for the check that follows', given => {
    expect(readNumber(given)).toBe(given)
  })
})

test.each<[unknown, boolean]>([
  ['db', true],
  ['db-1.example.com', true],
  ['my_db', true],
  ['bücher.example', true],
  ['127.0.0.1', true],
  ['::1', true],
  ['fe80::1%eth0', true],
  ['::ffff:10.0.0.1', true],
  ['', false],
  ['app:s3cr3t', false],
  ['app:123456', false],
  ['app:s3cr3t@db', false],
  ['redis://db', false],
  ['db/app', false],
  ['db password=s3cr3t', false],
  ['dbpassword=s3cr3t', false],
  [':'.repeat(100_000), true],
  [`${':'.repeat(100_000)}x`, false],
  [5, false],
])('whether %j may be shown as a host: %s', (text, expected) => {
  expect(isHost(text)).toBe(expected)
})

test.each<[unknown, boolean]>([
  ['./tmp', true],
  ['/run/redis.sock', true],
  ['/run/redis@main/redis.sock', true],
  ['node_modules/@sess/tmp', true],
  ['/srv/a@b:c', true],
  ['C:\\app@2\\tmp', true],
  ['C:/app@2/tmp', true],
  ['', false],
  ['a\0b', false],
  ['redis://:s3cr3t@db', false],
  ['/5redis://app:s3cr3t@db', false],
  ['file:///tmp', false],
  ['app:s3cr3t@tcp(127.0.0.1)/app', false],
  ['/app:s3cr3t@db', false],
  ['C:/app:s3cr3t@db', false],
  [':'.repeat(100_000), true],
  [5, false],
])('whether %j may be shown as a path: %s', (text, expected) => {
  expect(isPath(text)).toBe(expected)
})
