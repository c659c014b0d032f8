import { describe, expect, test, vi } from 'vitest'
import { fromRecordStore } from '../src/lib/engine.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import { newManager } from '../src/lib/new-manager.ts'
import { type EngineFactory, register } from '../src/lib/registry.ts'
import '../src/index.ts'

/** Names are registered for the whole process: each test has its own. */
let count = 0
function registered(factory: EngineFactory): string {
  const name = `new-manager.test/${++count}`
  register(name, factory)
  return name
}

const memory: EngineFactory = ({ clock }) => fromRecordStore(new MemoryStore({ clock }))

describe('newManager', () => {
  test('takes the eight arguments of the original, in their order', async () => {
    const factory = vi.fn(memory)
    await using manager = await newManager(
      registered(factory),
      'gosessionid',
      60,
      './tmp',
      false,
      'sha256',
      'key',
      90,
    )
    expect(factory).toHaveBeenCalledWith(
      expect.objectContaining({ config: './tmp', maxLifetime: 60, cookieName: 'gosessionid' }),
    )
    const response = await manager.handle(new Request('https://localhost/'), session => {
      session.set('a', 1)
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^gosessionid=[0-9a-f]{64}; Max-Age=90; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
  })

  test('leaves the default in the place of an argument that is undefined or left out', async () => {
    const factory = vi.fn(memory)
    const name = registered(factory)
    await using manager = await newManager(name, 'sid', undefined, undefined, undefined, undefined, 'key')
    expect(factory).toHaveBeenCalledWith(
      expect.objectContaining({ config: '', maxLifetime: 3600, timeout: 5000 }),
    )
    const response = await manager.handle(new Request('https://localhost/'), session => {
      session.set('a', 1)
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^sid=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Lax; Secure$/),
    ])
  })

  test.each<[string, unknown[]]>([
    ['maxLifetime', ['sid', '3600']],
    ['secure', ['sid', 3600, '', 'yes']],
    ['hashFunc', ['sid', 3600, '', false, 5]],
    ['hashKey', ['sid', 3600, '', false, 'sha1', 5]],
    ['cookieLifeTime', ['sid', 3600, '', false, 'sha1', 'key', '1h']],
  ])('names the argument %s when it is wrong', async (name, args) => {
    const call = newManager as (...args: unknown[]) => Promise<unknown>
    await expect(call('memory', ...args)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringContaining(name),
    })
  })

  test.each([[undefined], [null], [5], [{}], [[]], [() => {}], [{ sessionInit() {} }]])(
    'refuses %o for an engine',
    async provider => {
      await expect(newManager(provider as unknown as string)).rejects.toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/engine.*'memory'.*fromRecordStore/),
      })
    },
  )

  test('refuses what a factory gives that is no engine', async () => {
    const name = registered((() => ({ load() {} })) as unknown as EngineFactory)
    await expect(newManager(name)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  test('opens no engine when an option is wrong: nobody would close it', async () => {
    const factory = vi.fn(memory)
    const name = registered(factory)
    for (const options of [
      { maxLifetime: 0 },
      { hashKey: 'key', hashFunc: 'nope' },
      { secure: false, sameSite: 'none' },
      { cookieName: 'a b' },
      { hashKey: 'key', hashFunc: () => new Uint8Array(3) },
    ] as const)
      await expect(newManager(name, options)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    expect(factory).not.toHaveBeenCalled()
  })

  test('passes on what the factory throws or rejects with', async () => {
    const reason = new Error('theirs')
    const throwing = registered(() => {
      throw reason
    })
    const rejecting = registered(() => Promise.reject(reason))
    await expect(newManager(throwing)).rejects.toBe(reason)
    await expect(newManager(rejecting)).rejects.toBe(reason)
  })

  test('calls the factory once for each manager: they never share an engine', async () => {
    const factory = vi.fn(memory)
    const name = registered(factory)
    await using a = await newManager(name)
    await using b = await newManager(name)
    expect(factory).toHaveBeenCalledTimes(2)
    const session = await a.getProvider().sessionRead('one')
    session.set('n', 1)
    await session.sessionRelease()
    expect(await a.getProvider().sessionExist('one')).toBe(true)
    expect(await b.getProvider().sessionExist('one')).toBe(false)
  })

  test('shares an engine that is handed over, and its sessions', async () => {
    const engine = fromRecordStore(new MemoryStore({ clock: Date }))
    await using a = await newManager(engine)
    await using b = await newManager(engine)
    const session = await a.getProvider().sessionRead('one')
    session.set('n', 1)
    await session.sessionRelease()
    expect((await b.getProvider().sessionRead('one')).get('n')).toBe(1)
  })
})

describe('the memory engine', () => {
  test('needs no config', async () => {
    for (const options of [undefined, {}, { providerConfig: '' as const }, { providerConfig: {} }])
      await (await newManager('memory', options)).close()
  })

  test.each([2, '2'])('holds maxSessions, as %o', async maxSessions => {
    await using manager = await newManager('memory', { providerConfig: { maxSessions } })
    for (const sid of ['a', 'b', 'c']) {
      const session = await manager.getProvider().sessionRead(sid)
      session.set('n', 1)
      await session.sessionRelease()
    }
    expect(await manager.getActiveSession()).toBe(2)
  })

  test.each([
    'a path',
    5,
    null,
    { maxSessions: 0 },
    { maxSessions: -1 },
    { maxSessions: 1.5 },
    { maxSessions: '9x' },
    { maxSessions: '' },
    new Map(),
    Object.create({ maxSessions: 5 }),
    () => ({}),
    { maxSessions: Number.NaN },
    { maxSesions: 1 },
    { maxSessions: 1, other: 1 },
    { clock: { now: () => 0 } },
  ])('refuses the config %o, and shows a right one', async providerConfig => {
    const options = { providerConfig } as unknown as { providerConfig: '' }
    await expect(newManager('memory', options)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(/providerConfig.*\{ maxSessions: 100_000 \}/),
    })
  })
})
