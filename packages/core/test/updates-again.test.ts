import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newManager, registerType } from '../src/index.ts'
import { fromProvider, fromRecordStore } from '../src/lib/engine.ts'
import type { Manager } from '../src/lib/manager.ts'
import type { Session } from '../src/lib/session.ts'
import { MapProvider } from './support/map-provider.ts'
import { ScriptedStore } from './support/scripted-store.ts'

// Functions given to update, when they are run a second time on what another request has saved.

/** Not a literal: an object with such a method is what is tested. */
const THEN = ['t', 'hen'].join('')
const SID = 'a'.repeat(64)
const rejections: unknown[] = []
const note = (reason: unknown) => void rejections.push(reason)

beforeEach(() => {
  rejections.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await new Promise(setImmediate)
  await new Promise(setImmediate)
  process.off('unhandledRejection', note)
  expect(rejections).toEqual([])
})

async function read(manager: Manager): Promise<Session> {
  return (await manager.getProvider().sessionRead(SID)) as Session
}

describe.each([
  ['records', () => fromRecordStore(new ScriptedStore())],
  ['a provider of the seven methods', () => fromProvider(new MapProvider())],
])('over %s', (kind, engine) => {
  /** Sessions that were all read before any of them is saved. */
  async function together(count: number): Promise<Session[]> {
    const manager = await newManager(engine())
    if (kind === 'records') {
      const first = await read(manager)
      first.set('n', 0)
      await first.sessionRelease()
      return Promise.all(Array.from({ length: count }, () => read(manager)))
    }
    // What getProvider gives is their own provider, which knows no update.
    const sessions: Session[] = []
    let cookie = ''
    const response = await manager.handle(new Request('http://a/'), session => {
      session.set('n', 0)
      return new Response()
    })
    cookie = String(response.headers.getSetCookie()[0]).split(';')[0] as string
    for (let i = 0; i < count; i++)
      sessions.push(
        await manager.sessionStart(new Request('http://a/', { headers: { cookie } }), new Headers()),
      )
    return sessions
  }

  test('each runs in the async context of its own request', async () => {
    const storage = new AsyncLocalStorage<number>()
    const sessions = await together(8)
    const seen: (number | undefined)[][] = sessions.map(() => [])
    await Promise.all(
      sessions.map((session, i) =>
        storage.run(i, async () => {
          session.update('n', n => {
            seen[i]?.push(storage.getStore())
            return (n as number) + 1
          })
          await session.sessionRelease()
        }),
      ),
    )
    expect(seen.flat().length).toBeGreaterThan(8)
    seen.forEach((stores, i) => {
      expect(new Set(stores)).toEqual(new Set([i]))
    })
  })

  test('each runs in the context of its update, not of the release', async () => {
    const storage = new AsyncLocalStorage<string>()
    const [session, other] = (await together(2)) as [Session, Session]
    const seen: unknown[] = []
    const add = (n: unknown) => {
      seen.push(storage.getStore())
      return (n as number) + 1
    }
    storage.run('first', () => session.update('n', add))
    storage.run('second', () => session.update('n', add))
    other.update('n', n => (n as number) + 10)
    await other.sessionRelease()
    await storage.run('release', () => session.sessionRelease())
    expect(seen).toEqual(['first', 'second', 'first', 'second'])
    expect(session.get('n')).toBe(12)
  })

  test('one that throws fails with its own error, and alone', async () => {
    const [fails, refuses, counts, other] = (await together(4)) as [Session, Session, Session, Session]
    const reason = new TypeError('theirs')
    let runs = 0
    fails.update('n', n => {
      if (runs++ > 0) throw reason
      return n
    })
    let again = false
    refuses.update('n', n => {
      if (again) return (() => {}) as never
      again = true
      return n
    })
    counts.update('n', n => (n as number) + 1)
    other.set('n', 10)
    await other.sessionRelease()
    const results = await Promise.allSettled([fails, refuses, counts].map(each => each.sessionRelease()))
    expect(results[0]).toEqual({ status: 'rejected', reason })
    expect(results[1]).toMatchObject({ status: 'rejected', reason: { code: 'ERR_VALUE', key: 'n' } })
    expect(results[2]).toMatchObject({ status: 'fulfilled' })
    expect(counts.get('n')).toBe(11)
  })

  test('one that has become asynchronous is refused, and its promise is looked after', async () => {
    const [session, other] = (await together(2)) as [Session, Session]
    let isAgain = false
    session.update('n', n => {
      if (isAgain) return Promise.reject(new Error('late')) as never
      isAgain = true
      return n
    })
    other.set('n', 10)
    await other.sessionRelease()
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_VALUE', key: 'n' })
  })
})

describe('promises where a value is due are refused, and looked after', () => {
  const later = async () => {
    throw new Error('nobody waits for this')
  }
  const fail = () => {
    throw new Error('theirs')
  }
  const thenable = (then: PropertyDescriptor) =>
    Object.defineProperty({}, THEN, { enumerable: true, ...then })
  class Slow {}
  registerType('updates-again/Slow', Slow, { encode: later, decode: later as never })
  class Quick {}
  registerType('updates-again/Quick', Quick, { encode: () => 1, decode: later as never })

  test.each<[string, (session: Session) => unknown]>([
    ['an async function given to update', s => s.update('k', later as never)],
    ['a promise set', s => s.set('k', later())],
    ['a promise deep in what is set', s => s.set('k', { user: [later()] })],
    ['a promise in what update gives', s => s.update('k', () => ({ user: later() }))],
    ['a codec whose encode is asynchronous', s => s.set('k', new Slow())],
    ['a thenable', s => s.update('k', () => thenable({ value: fail }) as never)],
    ['a thenable whose then cannot be read', s => s.update('k', () => thenable({ get: fail }) as never)],
    ['a proxy that throws', s => s.set('k', new Proxy({}, { ownKeys: fail }))],
  ])('%s', async (_, act) => {
    const session = await read(await newManager('memory'))
    expect(() => act(session)).toThrow(expect.objectContaining({ code: 'ERR_VALUE', key: 'k' }))
    expect(session.has('k')).toBe(false)
  })

  test('a codec whose decode is asynchronous cannot be read', async () => {
    const manager = await newManager('memory')
    const session = await read(manager)
    session.set('k', new Quick())
    await session.sessionRelease()
    const again = await read(manager)
    expect(() => again.get('k')).toThrow(expect.objectContaining({ code: 'ERR_DECODE', key: 'k' }))
  })

  test('a thenable that starts its work when it is asked is not asked', async () => {
    const session = await read(await newManager('memory'))
    let asked = 0
    const query = thenable({ value: () => void asked++ })
    expect(() => session.update('k', () => query as never)).toThrow(
      expect.objectContaining({ code: 'ERR_VALUE' }),
    )
    expect(() => session.set('k', query)).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
    expect(asked).toBe(0)
  })
})
