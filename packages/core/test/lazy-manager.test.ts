import { lazyManager, type Manager, memory, newManager } from '@sess/core'
import { type Engine, fromSealedStore } from '@sess/core/engine'
import { describe, expect, test, vi } from 'vitest'
import { Browser } from './http/support/browser.ts'
import { serve } from './http/support/servers.ts'
import { engineType, lazy, visit } from './support/lazy-managers.ts'

/** An engine that cannot be reached until `up` is called. */
function awayAtFirst() {
  let isUp = false
  const engine = engineType(() => {
    if (!isUp) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  })
  return { ...engine, up: () => (isUp = true) }
}

const cookieOf = (response: Response) => response.headers.getSetCookie()[0]?.split(';')[0]

describe('lazyManager connects at the first use', () => {
  const uses: [string, (manager: Manager) => unknown][] = [
    ['handle', visit],
    ['sessionStart', manager => manager.sessionStart(new Request('http://a/'), new Headers())],
    ['sessionDestroy', manager => manager.sessionDestroy(new Request('http://a/'), new Headers())],
    ['sessionRegenerateId', manager => manager.sessionRegenerateId(new Request('http://a/'), new Headers())],
    [
      'requestSession',
      manager => manager.requestSession(new Request('http://a/'), new Headers()).sessionStart(),
    ],
    ['getActiveSession', manager => manager.getActiveSession()],
    ['ping', manager => manager.ping()],
    ['gc', manager => manager.gc()],
    ['sessionRead of getProvider()', manager => manager.getProvider().sessionRead('sid')],
    ['sessionExist of getProvider()', manager => manager.getProvider().sessionExist('sid')],
    ['sessionRegenerate of getProvider()', manager => manager.getProvider().sessionRegenerate('a', 'b')],
    ['sessionDestroy of getProvider()', manager => manager.getProvider().sessionDestroy('sid')],
    ['sessionAll of getProvider()', manager => manager.getProvider().sessionAll()],
    ['sessionGC of getProvider()', manager => manager.getProvider().sessionGC()],
  ]

  test.each(uses)('%s', async (_, use) => {
    const { type, open } = engineType()
    const manager = lazy(lazyManager(type))
    await Promise.resolve()
    expect(open).not.toHaveBeenCalled()
    await use(manager)
    expect(open).toHaveBeenCalledTimes(1)
    await use(manager)
    expect(open).toHaveBeenCalledTimes(1)
  })

  test('many at once share one attempt', async () => {
    const { type, open } = engineType()
    const manager = lazy(lazyManager(type))
    await Promise.all(Array.from({ length: 20 }, () => visit(manager)))
    expect(open).toHaveBeenCalledTimes(1)
    expect(await manager.getActiveSession()).toBe(20)
  })

  test('and the request of that use is served on a Node response', async () => {
    const { type } = engineType()
    const manager = lazy(lazyManager(type))
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      res.end(String(session.update('n', (n: unknown) => ((n as number) ?? 0) + 1)))
    })
    const browser = new Browser()
    expect((await browser.go(server)).body).toBe('1')
    expect((await browser.go(server)).body).toBe('2')
  })

  test('with sessions that live with the client', async () => {
    const open = vi.fn(() =>
      fromSealedStore({
        cookie: { cookieLifeTime: 60 },
        seal: (data, expiresAt) => `${expiresAt}.${Buffer.from(data).toString('base64url')}`,
        open: sealed => {
          const [expiresAt, data] = sealed.split('.') as [string, string]
          return { data: Buffer.from(data, 'base64url'), expiresAt: Number(expiresAt) }
        },
      }),
    )
    const manager = lazy(lazyManager({ name: 'lazy-manager.test/sealed', open }))
    const first = await visit(manager)
    expect(first.headers.getSetCookie()).toEqual([expect.stringContaining('Max-Age=60')])
    expect(await (await visit(manager, cookieOf(first))).text()).toBe('2')
  })

  test('with a Provider, whose sessionInit is called then', async () => {
    await using provided = await newManager('memory')
    const provider = provided.getProvider()
    const sessionInit = vi.spyOn(provider, 'sessionInit')
    const manager = lazy(lazyManager(provider, { maxLifetime: 60, providerConfig: 'theirs' }))
    expect(sessionInit).not.toHaveBeenCalled()
    await visit(manager)
    expect(sessionInit.mock.calls).toEqual([[60, 'theirs']])
    expect(manager.getProvider()).toBe(provider)
  })

  test('what only the engine knows is ERR_NOT_CONNECTED until then', async () => {
    const manager = lazy(lazyManager(engineType().type))
    const error = expect.objectContaining({
      code: 'ERR_NOT_CONNECTED',
      message: expect.stringContaining('await manager.ping()'),
    })
    expect(() => manager.capabilities).toThrow(error)
    expect(() => manager.storageID('a'.repeat(32))).toThrow(error)
    await manager.ping()
    expect(manager.capabilities.kind).toBe('record')
    expect(manager.storageID('a'.repeat(32))).toMatch(/^[0-9a-f]{64}$/)
  })

  test('setters and listeners count from then on', async () => {
    const manager = lazy(lazyManager(engineType().type))
    const created = vi.fn()
    manager.on('created', created)
    manager.setSecure(false)
    manager.setHashFunc('sha256', 'key')
    expect(() => manager.setSecure('yes' as 'auto')).toThrow(expect.objectContaining({ code: 'ERR_CONFIG' }))
    const response = await manager.handle(new Request('https://localhost/'), session => {
      session.set('a', 1)
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^beegosessionID=[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Lax$/),
    ])
    expect(created).toHaveBeenCalledTimes(1)
  })
})

describe('a connection that fails', () => {
  test('is the error of that use, and the next use tries again', async () => {
    const { type, open, up } = awayAtFirst()
    const manager = lazy(lazyManager(type))
    await expect(visit(manager)).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      cause: { code: 'ECONNREFUSED' },
    })
    await expect(manager.ping()).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    up()
    expect(await (await visit(manager)).text()).toBe('1')
    expect(open).toHaveBeenCalledTimes(3)
  })

  test('can be tried again within one request', async () => {
    const { type, up } = awayAtFirst()
    const manager = lazy(lazyManager(type))
    const session = manager.requestSession(new Request('http://localhost/'), new Headers())
    await expect(session.sessionStart()).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    up()
    await session.sessionStart()
    expect(session.isStarted).toBe(true)
  })

  test('is an event of gc(), which never rejects', async () => {
    const manager = lazy(lazyManager(awayAtFirst().type))
    const failed = vi.fn()
    manager.on('sweepError', failed)
    expect(await manager.gc()).toBe(0)
    expect(failed).toHaveBeenCalledTimes(1)
  })

  test('passes on the error of a config that turns out wrong', async () => {
    const manager = lazy(lazyManager({ name: 'lazy-manager.test/none', open: () => ({}) as Engine }))
    await expect(manager.ping()).rejects.toMatchObject({ code: 'ERR_CONFIG' })
  })

  test('is within the timeout; a late one serves who comes later', async () => {
    let answer = () => {}
    const { type, open } = engineType(() => new Promise<void>(resolve => (answer = resolve)))
    const manager = lazy(lazyManager(type, { timeout: 20 }))
    await expect(visit(manager)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await expect(manager.ping()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    answer()
    await vi.waitFor(() => manager.ping())
    expect(open).toHaveBeenCalledTimes(1)
  })

  test('never is an unhandled rejection, however late it comes', async () => {
    const unhandled = vi.fn()
    process.on('unhandledRejection', unhandled)
    let fail = () => {}
    const { type } = engineType(
      () => new Promise<void>((_, reject) => (fail = () => reject(new Error('late')))),
    )
    const manager = lazy(lazyManager(type, { timeout: 20 }))
    await expect(manager.ping()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    fail()
    await new Promise(resolve => setImmediate(resolve))
    process.off('unhandledRejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })
})

describe('what can be seen without the backend is thrown at once', () => {
  test.each<[string, () => unknown, string, RegExp]>([
    [
      'an unknown option',
      () => lazyManager('memory', { cookiename: 'a' } as object),
      'ERR_CONFIG',
      /cookiename/,
    ],
    [
      'options that contradict',
      () => lazyManager('memory', { secure: false, sameSite: 'none' }),
      'ERR_CONFIG',
      /sameSite/,
    ],
    ['an unknown engine', () => lazyManager('lazy-manager.test/nobody'), 'ERR_PROVIDER_UNKNOWN', /nobody/],
    ['no engine', () => lazyManager({} as Engine), 'ERR_CONFIG', /engine/],
    [
      'options that are no object',
      () => lazyManager('memory', 5 as unknown as object),
      'ERR_CONFIG',
      /object/,
    ],
    ['a list of options', () => lazyManager('memory', [] as object), 'ERR_CONFIG', /object/],
    [
      'a name that is no string',
      () => lazyManager('memory', { name: 5 as unknown as string }),
      'ERR_CONFIG',
      /name/,
    ],
    [
      'a config of the engine',
      () => lazyManager(memory, { providerConfig: { maxSessions: 0 } }),
      'ERR_CONFIG',
      /memory engine/,
    ],
    [
      'a config of the engine by name',
      () => lazyManager('memory', { providerConfig: { maxSessions: 0 } }),
      'ERR_CONFIG',
      /memory engine/,
    ],
  ])('%s', (_, call, code, message) => {
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })

  test('but not a config that is missing, as secrets are where a server is built', () => {
    const check = vi.fn(() => {
      throw new Error('no secret')
    })
    const { type } = engineType()
    lazy(lazyManager({ ...type, check }, { providerConfig: process.env.SESS_TEST_NOT_SET }))
    expect(check).not.toHaveBeenCalled()
  })
})

describe('close', () => {
  test('of a manager that was never used opens nothing', async () => {
    const { type, open } = engineType()
    const manager = lazyManager(type)
    await manager.close()
    expect(open).not.toHaveBeenCalled()
    await expect(manager.ping()).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await expect(manager.getProvider().sessionRead('sid')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    expect(await manager.gc()).toBe(0)
    expect(open).not.toHaveBeenCalled()
  })

  test('while it connects closes what the engine has opened', async () => {
    let answer = () => {}
    const { type, store } = engineType(() => new Promise<void>(resolve => (answer = resolve)))
    const manager = lazyManager(type)
    const use = expect(visit(manager)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    const closing = manager.close()
    answer()
    await closing
    await use
    expect(store.close).toHaveBeenCalledTimes(1)
  })

  test('does not wait for an attempt that never ends', async () => {
    const { type } = engineType(() => new Promise(() => {}))
    const manager = lazyManager(type, { timeout: 20 })
    const use = expect(visit(manager)).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await manager.close()
    await use
  })
})
