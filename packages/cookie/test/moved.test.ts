import { CookieStore } from '@sess/cookie'
import { type Manager, type ManagerOptions, newManager } from '@sess/core'
import { type Engine, fromRecordStore, fromSealedStore, MemoryStore } from '@sess/core/engine'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newSecret, TestClock } from './support/site.ts'

// A deployment changes domain or path of the cookie, and browsers have the old one beside the new one.

const SHOP = 'http://shop.example.org/shop/'
const NAME = 'sid'

interface Data {
  cart: number
  user: string
  blob: string
}

/** The managers of a site, before and after the change. */
async function site(kind: string, before: ManagerOptions, after: ManagerOptions) {
  const clock = new TestClock()
  const engine: Engine =
    kind === 'cookie'
      ? fromSealedStore(await CookieStore.open(newSecret(), { clock, cookieName: NAME }))
      : fromRecordStore(new MemoryStore({ clock }))
  const jar = new CookieJar()
  const open = async (options: ManagerOptions) => {
    const manager = await newManager<Data>(engine, { cookieName: NAME, clock, ...options })
    onTestFinished(() => manager.close())
    return (work: Parameters<typeof visit>[2] = () => {}, url = SHOP) => visit(jar, manager, work, url)
  }
  return { jar, clock, before: await open(before), after: await open(after) }
}

type Work = (
  session: Parameters<Parameters<Manager<Data>['handle']>[1]>[0],
  login: () => Promise<unknown>,
) => unknown

/** A visit of a browser; what it sees at the end. */
async function visit(jar: CookieJar, manager: Manager<Data>, work: Work | 'logout', url: string) {
  const request = new Request(url, { headers: { cookie: jar.getCookieStringSync(url) } })
  const response = await manager.handle(request, async session => {
    if (work === 'logout') await manager.sessionDestroy(request)
    else await work(session, () => manager.sessionRegenerateId(request))
    const { cart, user } = work === 'logout' ? {} : { cart: session.get('cart'), user: session.get('user') }
    return Response.json({ cart, user })
  })
  for (const line of response.headers.getSetCookie()) jar.setCookieSync(line, url)
  return (await response.json()) as { cart?: number; user?: string }
}

const changes: [string, ManagerOptions, ManagerOptions, ManagerOptions['formerCookies']][] = [
  ['a domain to this host', { domain: 'example.org' }, {}, [{ domain: 'example.org' }]],
  ['this host to a domain', {}, { domain: 'example.org' }, undefined],
  [
    'a domain to another',
    { domain: 'shop.example.org' },
    { domain: 'example.org' },
    [{ domain: '.Shop.example.org' }],
  ],
  ['a path to /', { path: '/shop' }, {}, [{ path: '/shop' }]],
  ['/ to a path', {}, { path: '/shop' }, [{ path: '/' }]],
  [
    'a domain and a path',
    { domain: 'example.org', path: '/shop' },
    {},
    [{ domain: 'example.org', path: '/shop' }],
  ],
]

describe.each(['cookie', 'memory'])('with the engine %s', kind => {
  describe.each(changes)('a cookie that moves from %s', (_, old, options, formerCookies) => {
    it('does not hide a change, a login or a logout', async () => {
      const { before, after } = await site(kind, old, options)
      await before(session => session.set('cart', 1))
      await after(session => session.set('cart', 2))
      expect(await after()).toEqual({ cart: 2 })
      await after(async (session, login) => {
        session.set('user', 'ann')
        await login()
      })
      expect(await after()).toEqual({ cart: 2, user: 'ann' })
      await after('logout')
      expect(await after()).toEqual({})
      expect(await after()).toEqual({})
    })

    it('does not log in again who has logged out, however often', async () => {
      const { clock, before, after } = await site(kind, old, options)
      await before(session => {
        session.set('user', 'old ann')
        session.setLifetime(30 * 86_400)
      })
      for (const user of ['ann', 'bob']) {
        await after(async (session, login) => {
          session.set('user', user)
          await login()
        })
        expect(await after()).toEqual({ user })
        await after('logout')
        expect(await after()).toEqual({})
        // An id that was regenerated is told apart for 30 seconds.
        clock.tick(31)
      }
    })

    it('is cleared at its former place, where that is known', async () => {
      const { jar, before, after } = await site(kind, old, {
        ...options,
        ...(formerCookies && { formerCookies }),
      })
      await before(session => session.set('cart', 1))
      await after(async (session, login) => {
        session.set('cart', 2)
        await login()
      })
      await after(session => session.set('cart', 3))
      await after(session => session.set('cart', 4))
      expect(jar.getCookiesSync(SHOP)).toHaveLength(1)
      expect(await after()).toEqual({ cart: 4 })
      await after('logout')
      expect(jar.getCookiesSync(SHOP)).toEqual([])
    })
  })

  it('an older session does not hide a newer one that began elsewhere on the site', async () => {
    const { clock, before, after } = await site(kind, { path: '/shop' }, {})
    await before(session => session.set('user', 'old ann'))
    clock.tick(1)
    await after(session => session.set('user', 'ann'), 'http://shop.example.org/')
    expect(await after()).toEqual({ user: 'ann' })
    await after('logout')
    expect(await after()).toEqual({})
  })
})

it('a session in several cookies, which moves', async () => {
  const { before, after } = await site('cookie', { domain: 'example.org' }, {})
  const large = () => newSecret().repeat(140)
  await before(session => session.set('blob', large()))
  await after(session => {
    session.set('blob', large())
    session.set('cart', 2)
  })
  expect(await after()).toEqual({ cart: 2 })
  await after(session => {
    session.set('blob', '')
    session.set('cart', 3)
  })
  expect(await after()).toEqual({ cart: 3 })
  await after('logout')
  expect(await after()).toEqual({})
})
