import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import * as engineA from '../src/engine.ts'
import * as a from '../src/index.ts'

// As when a package manager installs two versions of this package: the same code, loaded twice.
let b: typeof a
let engineB: typeof engineA
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sess-copy-'))
  await cp(fileURLToPath(new URL('../src', import.meta.url)), directory, { recursive: true })
  b = (await import(join(directory, 'index.ts'))) as typeof a
  engineB = (await import(join(directory, 'engine.ts'))) as typeof engineA
})

afterAll(() => rm(directory, { recursive: true, force: true }))

class Cart {
  readonly items: string[]

  constructor(items: string[]) {
    this.items = items
  }
}

describe('two copies of this package', () => {
  test('are two', () => {
    expect(b.newManager).not.toBe(a.newManager)
    expect(b.SessionError).not.toBe(a.SessionError)
  })

  test('both register the memory engine, and neither minds', async () => {
    for (const { newManager } of [a, b]) await (await newManager('memory')).close()
  })

  test('know the engines that were registered with the other', async () => {
    a.register('two-copies/a', ({ clock }) => engineA.fromRecordStore(new engineA.MemoryStore({ clock })))
    b.register('two-copies/b', ({ clock }) => engineB.fromRecordStore(new engineB.MemoryStore({ clock })))
    for (const { newManager } of [a, b])
      for (const name of ['two-copies/a', 'two-copies/b']) {
        await using manager = await newManager(name)
        const session = await manager.getProvider().sessionRead('sid')
        session.set('n', 1)
        await session.sessionRelease()
        expect((await manager.getProvider().sessionRead('sid')).get('n')).toBe(1)
      }
    expect(() =>
      b.register('two-copies/a', () => engineB.fromRecordStore(new engineB.MemoryStore({ clock: Date }))),
    ).toThrow(expect.objectContaining({ code: 'ERR_DUPLICATE' }))
  })

  test('share the managers that connect at their first use', async () => {
    const options = { cookieName: 'two-copies', hashKey: 'key', providerConfig: { maxSessions: 5 } }
    const manager = a.lazyManager('memory', options)
    expect(b.lazyManager(b.memory, { ...options })).toBe(manager)
    await manager.close()
    await using next = b.lazyManager('memory', options)
    expect(next).not.toBe(manager)
    expect(a.lazyManager('memory', options)).toBe(next)
  })

  test('take an engine that the other has made', async () => {
    await using manager = await b.newManager(
      engineA.fromRecordStore(new engineA.MemoryStore({ clock: Date })),
    )
    await manager.ping()
  })

  test('read the classes that were registered with the other', async () => {
    a.registerType('two-copies/Cart', Cart)
    const engine = engineA.fromRecordStore(new engineA.MemoryStore({ clock: Date }))
    await using writer = await a.newManager(engine)
    await using reader = await b.newManager(engine)
    const session = await writer.getProvider().sessionRead('sid')
    session.set('cart', new Cart(['book']))
    await session.sessionRelease()
    const read = await reader.getProvider().sessionRead('sid')
    expect(read.get('cart')).toStrictEqual(new Cart(['book']))
    expect(() => b.registerType('two-copies/Cart', class {})).toThrow(
      expect.objectContaining({ code: 'ERR_DUPLICATE' }),
    )
  })

  test('know each other’s errors, by their brand and not by their class', async () => {
    const error: unknown = await b.newManager('two-copies/nobody').catch((reason: unknown) => reason)
    expect(error).not.toBeInstanceOf(a.SessionError)
    expect(a.isSessionError(error)).toBe(true)
    expect(a.isSessionError(error, 'ERR_PROVIDER_UNKNOWN')).toBe(true)
    expect(a.isSessionError(error, 'ERR_CONFIG')).toBe(false)
  })

  test('pass on an error of the other’s engine as it is', async () => {
    const reason = new engineA.SessionError('ERR_INVALID_ID', 'not this one')
    const engine = engineB.fromRecordStore({
      create: () => undefined,
      load: () => {
        throw reason
      },
      update: () => undefined,
      delete: () => false,
    })
    await using manager = await b.newManager(engine)
    await expect(manager.getProvider().sessionRead('sid')).rejects.toBe(reason)
  })
})

describe('isSessionError', () => {
  test.each([
    undefined,
    null,
    5,
    'ERR_CONFIG',
    {},
    { code: 'ERR_CONFIG' },
    new Error('x'),
    Object.create(null),
  ])('is false for %o', value => {
    expect(a.isSessionError(value)).toBe(false)
  })

  test('the brand is hidden from logs and copies', () => {
    const error = new a.SessionError('ERR_VALUE', 'message', { key: 'cart', limit: 5, cause: 'why' })
    expect({ ...error }).toEqual({ name: 'SessionError', code: 'ERR_VALUE', key: 'cart', limit: 5 })
    expect(error.cause).toBe('why')
    expect('cause' in new a.SessionError('ERR_VALUE', 'message')).toBe(false)
    expect(error).toBeInstanceOf(Error)
  })
})
