import { inspect } from 'node:util'
import type { SessionObject } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { setUp } from './support/managers.ts'
import { serve } from './support/servers.ts'

// The data of a session as properties of its object, as users of express-session expect them.

type Sess = SessionObject<Record<string, unknown>>

const down = (): never => {
  throw new Error('backend down')
}

/** What a handler gives, as JSON; or what it throws, to be thrown where it can be read. */
async function outcome(handler: () => unknown): Promise<string> {
  try {
    return JSON.stringify({ value: (await handler()) ?? null })
  } catch (error) {
    return JSON.stringify({ error: (error as Error).stack })
  }
}

/** A server whose handlers get a session that is started, unless told not to. */
async function site({ start = true }: { start?: boolean } = {}) {
  const { manager, store } = await setUp()
  let handler: (sess: Sess) => unknown = () => ''
  const server = await serve(async (req, res) => {
    const sess = manager.requestSession(req, res, { onLoadError: 'anonymous' }) as unknown as Sess
    if (start) await sess.sessionStart()
    res.end(await outcome(() => handler(sess)))
  })
  const browser = new Browser()
  const visit = async (next: typeof handler, by = browser) => {
    handler = next
    const { value, error } = JSON.parse((await by.go(server)).body) as { value: unknown; error?: string }
    if (error) throw new Error(error)
    return value
  }
  return { manager, store, browser, visit }
}

/** What a session holds after `change`, for the next request. */
async function after(change: (sess: Sess) => unknown): Promise<unknown> {
  const { visit } = await site()
  await visit(sess => void change(sess))
  return visit(sess => sess.entries())
}

describe('a property of a session', () => {
  it.each<[string, (sess: Sess) => unknown, [string, unknown][]]>([
    ['is kept when it is assigned', sess => (sess.returnTo = '/x'), [['returnTo', '/x']]],
    [
      'is kept when Object.assign sets it',
      sess => Object.assign(sess, { a: 1, b: 2 }),
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    ['is kept when Reflect.set sets it', sess => Reflect.set(sess, 'a', 1), [['a', 1]]],
    [
      'is kept when Object.defineProperty defines it',
      sess =>
        Object.defineProperty(sess, 'a', { value: 1, writable: true, enumerable: true, configurable: true }),
      [['a', 1]],
    ],
    ['is kept when ??= sets it', sess => (sess.a ??= 1), [['a', 1]]],
    ['is gone when it is deleted', sess => Object.assign(sess, { a: 1, b: 2 }) && delete sess.a, [['b', 2]]],
    ['is kept as undefined', sess => (sess.a = undefined), [['a', null]]],
    [
      'of any name that an object has is data',
      sess => Reflect.set(sess, 'toString', 'a'),
      [['toString', 'a']],
    ],
    ['named constructor is data', sess => Reflect.set(sess, 'constructor', 'a'), [['constructor', 'a']]],
    [
      'named __proto__ is data',
      sess => Reflect.set(sess, '__proto__', { isAdmin: true }),
      [['__proto__', { isAdmin: true }]],
    ],
    // biome-ignore lint/suspicious/noThenProperty: that is what is tried
    ['named then is data', sess => (sess.then = 'soon'), [['then', 'soon']]],
    ['named flash is data', sess => (sess.flash = { info: ['a'] }), [['flash', { info: ['a'] }]]],
  ])('%s', async (_, change, expected) => {
    expect(await after(change)).toEqual(expected)
  })

  it('that was changed in place is saved', async () => {
    const { visit } = await site()
    await visit(sess => {
      sess.cart = { items: ['a'] }
    })
    await visit(sess => {
      ;(sess.cart as { items: string[] }).items.push('b')
    })
    expect(await visit(sess => sess.cart)).toEqual({ items: ['a', 'b'] })
  })

  it('is seen in every way that an object can be looked at', async () => {
    const { visit } = await site()
    await visit(sess => {
      sess.user = 'ann'
      sess.cart = [1]
    })
    await visit(sess => {
      const { user, nothing } = sess
      expect([user, nothing]).toEqual(['ann', undefined])
      expect(['user' in sess, 'nothing' in sess, 'get' in sess]).toEqual([true, false, true])
      expect(Object.keys(sess)).toEqual(['user', 'cart'])
      expect(Object.entries(sess)).toEqual([
        ['user', 'ann'],
        ['cart', [1]],
      ])
      expect({ ...sess }).toEqual({ user: 'ann', cart: [1] })
      expect(JSON.stringify({ sess })).toBe('{"sess":{"user":"ann","cart":[1]}}')
      const seen: string[] = []
      for (const key in sess) seen.push(key)
      expect(seen).toEqual(['user', 'cart'])
      expect([Object.hasOwn(sess, 'user'), Object.hasOwn(sess, 'get'), Object.hasOwn(sess, 'x')]).toEqual([
        true,
        false,
        false,
      ])
      // biome-ignore lint/suspicious/noPrototypeBuiltins: as libraries do
      expect(sess.hasOwnProperty('user')).toBe(true)
      expect(Object.getOwnPropertyDescriptor(sess, 'user')).toEqual({
        value: 'ann',
        writable: true,
        enumerable: true,
        configurable: true,
      })
      expect(`${sess}`).toBe('[object Object]')
      expect(inspect(sess)).toBe("Session { user: 'ann', cart: [ 1 ] }")
    })
  })

  it('never shows what sessions share, whatever name a visitor chooses', async () => {
    const { visit } = await site()
    await visit(sess => {
      for (const name of ['__proto__', 'constructor']) {
        expect(sess[name]).toBeUndefined()
        expect(() => {
          ;(sess[name] as Record<string, unknown>).isAdmin = true
        }).toThrow(TypeError)
      }
    })
    expect(await visit(sess => [sess.isAdmin ?? 'nobody', 'isAdmin' in sess])).toEqual(['nobody', false])
  })

  it('is not what a promise is known by: a session can be awaited, started or not', async () => {
    for (const start of [true, false]) {
      const { visit } = await site({ start })
      expect(await visit(async sess => (await sess) === sess)).toBe(true)
    }
  })
})

describe('members of a session are no data', () => {
  it.each(['get', 'set', 'save', 'isNew', 'id', 'cookie', 'toJSON', 'takeFlash'])(
    'assigning to %s is an error that names set, and data under that key can be had by get',
    async name => {
      const { visit } = await site()
      await visit(sess => {
        const error = {
          code: 'ERR_VALUE',
          key: name,
          message: expect.stringContaining(`session.set('${name}', value)`),
        }
        expect(() => (sess[name] = {})).toThrow(expect.objectContaining(error))
        expect(() => Object.assign(sess, { [name]: 1 })).toThrow(expect.objectContaining(error))
        expect(() => Object.defineProperty(sess, name, { value: 1 })).toThrow(expect.objectContaining(error))
        expect(() => delete sess[name]).toThrow(
          expect.objectContaining({
            code: 'ERR_VALUE',
            message: expect.stringContaining(`session.delete('${name}')`),
          }),
        )
        sess.set(name, 'data')
      })
      await visit(sess => {
        expect(sess.get(name)).toBe('data')
        expect(Object.keys(sess)).toEqual([])
        expect({ ...sess }).toEqual({})
        expect(JSON.stringify(sess)).toBe(JSON.stringify({ [name]: 'data' }))
      })
    },
  )

  it('nothing is lost without a word: symbols, accessors, functions, and properties that cannot change', async () => {
    const { visit } = await site()
    await visit(sess => {
      const refused = expect.objectContaining({ code: 'ERR_VALUE' })
      expect(() => Reflect.set(sess, Symbol('a'), 1)).toThrow(refused)
      expect(() => Object.defineProperty(sess, 'a', { get: () => 1 })).toThrow(refused)
      expect(() => Object.defineProperty(sess, 'a', { value: 1, enumerable: false })).toThrow(refused)
      expect(() => Object.defineProperty(sess, 'a', { enumerable: true })).toThrow(refused)
      expect(() => {
        sess.a = () => 1
      }).toThrow(refused)
      expect(() => Object.freeze(sess)).toThrow(TypeError)
      expect(() => Object.setPrototypeOf(sess, {})).toThrow(TypeError)
      expect(Object.keys(sess)).toEqual([])
    })
  })
})

describe('without a session', () => {
  it('that is started, properties say so, and what shows it does not', async () => {
    const { visit } = await site({ start: false })
    await visit(sess => {
      for (const use of [
        () => sess.user,
        () => (sess.user = 'ann'),
        () => delete sess.user,
        () => 'user' in sess,
        () => Object.keys(sess),
        () => JSON.stringify(sess),
      ])
        expect(use).toThrow(expect.objectContaining({ code: 'ERR_NOT_STARTED' }))
      expect(inspect(sess)).toBe('Session (not started) {}')
    })
  })

  it('that could be loaded, properties are an empty session that cannot be changed', async () => {
    const { visit, store } = await site()
    await visit(sess => {
      sess.user = 'ann'
    })
    store.before = down
    await visit(sess => {
      expect([sess.user, 'user' in sess, Object.keys(sess), JSON.stringify(sess)]).toEqual([
        undefined,
        false,
        [],
        '{}',
      ])
      expect(inspect(sess)).toBe('Session {}')
      for (const use of [() => (sess.user = 'ann'), () => delete sess.user])
        expect(use).toThrow(expect.objectContaining({ code: 'ERR_READ_ONLY' }))
    })
  })
})
