import { newManager } from '@sess/core'
import { Adapter, type AdapterOptions, withStatus } from '@sess/core/adapter'
import { describe, expect, it } from 'vitest'
import { type Data, setUp } from './support/managers.ts'
import { request, started } from './support/web.ts'

// What all adapters of frameworks have in common.

const down = (): never => {
  throw new Error('backend down')
}

/** A request's session, loaded as the options say. */
async function begin(options: AdapterOptions<string> = {}, who = 'somebody') {
  const { manager, store } = await setUp()
  const cookie = await started(manager)
  store.forget()
  const adapter = new Adapter<Data, string>(manager, options)
  const session = adapter.session(who, request(cookie), new Headers())
  return { adapter, session, store, manager }
}

it('loads the session before the handler runs, or leaves that to the handler', async () => {
  const eager = await begin()
  await eager.adapter.start(eager.session)
  expect(eager.session.get('n')).toBe(1)
  const lazy = await begin({ lazy: true })
  await lazy.adapter.start(lazy.session)
  expect(lazy.store.calls).toEqual([])
  expect(() => lazy.session.get('n')).toThrow(/call and await sessionStart/)
  expect((await lazy.session.sessionStart()).get('n')).toBe(1)
})

describe('sessionOn', () => {
  it.each<[string, AdapterOptions<string>]>([
    ['false', { sessionOn: false }],
    ['a function that says no', { sessionOn: who => who !== 'somebody' }],
  ])('%s: there is no session, and asking for it says why', async (_, options) => {
    const { adapter, session, store } = await begin(options)
    await adapter.start(session)
    const off = {
      code: 'ERR_NOT_STARTED',
      message: 'There is no session: sessionOn is false for this request',
    }
    expect(session).toMatchObject({ isOff: true, isStarted: false })
    expect(() => session.get('n')).toThrow(expect.objectContaining(off))
    await expect(session.sessionStart()).rejects.toMatchObject(off)
    for (const call of ['destroySession', 'sessionRegenerateID', 'destroy', 'regenerate'] as const)
      expect(() => void session[call](), `${call}, also if nobody awaits it`).toThrow(
        expect.objectContaining(off),
      )
    await session.settle()
    await session.sessionRelease()
    expect(store.calls).toEqual([])
  })

  it('a function that says yes, and true', async () => {
    for (const sessionOn of [true, () => true]) {
      const { adapter, session } = await begin({ sessionOn })
      await adapter.start(session)
      expect(session.isOff).toBe(false)
      expect(session.get('n')).toBe(1)
    }
  })

  it('the configuration may have switched sessions off', async () => {
    const adapter = new Adapter<Data, string>({ sessionOn: false, why: 'sessionon = false in app.conf' })
    const session = adapter.session('', request(), new Headers())
    await adapter.start(session)
    expect(() => session.get('n')).toThrow('There is no session: sessionon = false in app.conf')
  })
})

describe('a session that cannot be loaded', () => {
  it('is an error with status 503', async () => {
    const { adapter, session, store } = await begin()
    store.before = down
    await expect(adapter.start(session)).rejects.toMatchObject({
      code: 'ERR_BACKEND',
      status: 503,
      statusCode: 503,
    })
  })

  it('is one in lazy mode, too', async () => {
    const { session, store } = await begin({ lazy: true })
    store.before = down
    await expect(session.sessionStart()).rejects.toMatchObject({ status: 503, statusCode: 503 })
  })

  it('is an anonymous one where the options say so', async () => {
    const asked: unknown[] = []
    for (const onLoadError of [
      'anonymous',
      (error: unknown, who: string) => {
        asked.push([(error as { code: string }).code, who])
        return 'anonymous' as const
      },
    ] as const) {
      const { adapter, session, store } = await begin({ onLoadError })
      store.before = down
      await adapter.start(session)
      expect(session.isReadOnly).toBe(true)
    }
    expect(asked).toEqual([['ERR_BACKEND', 'somebody']])
  })
})

describe('mistakes are told when the adapter is made', () => {
  it.each<[unknown, RegExp]>([
    [undefined, /needs a manager, e\.g\. sessions\(await newManager\('memory'\)\), not undefined/],
    [null, /needs a manager/],
    ['memory', /needs a manager, .* not string/],
    [Promise.resolve(), /not a promise: await it/],
    [{}, /needs a manager/],
  ])('%o in place of a manager', (sessions, message) => {
    expect(() => new Adapter(sessions as { sessionOn: false; why: string })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }),
    )
  })

  it.each<[object, RegExp]>([
    [{ lasy: true }, /no option 'lasy'; there are lazy, sessionOn and onLoadError/],
    [{ lazy: 1 }, /lazy, e\.g\. \{ lazy: true \}/],
    [{ sessionOn: 'no' }, /sessionOn, e\.g\. \{ sessionOn: false \}/],
    [{ onLoadError: 'ignore' }, /'error', 'anonymous' or a function/],
  ])('options %o', async (options, message) => {
    await using manager = await newManager('memory')
    expect(() => new Adapter(manager, options)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(message) }),
    )
  })
})

it('gives an error what NestJS and http-errors know one with a status by, and keeps its message from visitors', () => {
  for (const status of [500, 503])
    expect(withStatus(new Error('10.0.0.7 refused'), status)).toMatchObject({
      expose: false,
      status,
      statusCode: status,
    })
})

it('gives an error a status, and leaves what is no error alone', () => {
  expect(withStatus(new Error('x'), 500)).toMatchObject({ status: 500, statusCode: 500 })
  expect(withStatus('x', 500)).toBe('x')
  // Hono takes every error for a 500 that has no response of its own.
  expect(withStatus(new Error('x'), 500)).not.toHaveProperty('getResponse')
  const { getResponse } = withStatus(new Error('x'), 503) as { getResponse(): Response }
  expect(getResponse()).toMatchObject({ status: 503 })
})
