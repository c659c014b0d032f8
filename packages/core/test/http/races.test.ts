import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { record, setUp, TestClock } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { type Handler, type Server, serve } from './support/servers.ts'

// Two servers over one store, and requests of one visitor that overlap.

interface Site {
  one: Server
  two: Server
  setup: Awaited<ReturnType<typeof setUp>>
  /** Opens when `/slow` has its session, and lets it go on. */
  arrived: Promise<void>
  goOn(): void
}

async function site(options: Parameters<typeof setUp>[0] = {}): Promise<Site> {
  const setup = await setUp(options)
  const arrived = door()
  const goOn = door()
  const handler =
    (manager: typeof setup.manager): Handler =>
    async (req, res) => {
      const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
      const session = await manager.sessionStart(req, res)
      if (searchParams.has('slow')) {
        arrived.open()
        await goOn.opened
      }
      if (pathname === '/count') session.update('n', (n = 0) => n + 1)
      if (pathname === '/set') session.set(searchParams.get('key') ?? '', searchParams.get('value'))
      if (pathname === '/flush') session.flush()
      if (pathname === '/login') {
        session.set('user', 'astaxie')
        await manager.sessionRegenerateId(req, res)
      }
      if (pathname === '/logout') await manager.sessionDestroy(req, res)
      if (pathname === '/regenerate') await manager.sessionRegenerateId(req, res)
      const now = await manager.sessionStart(req, res)
      res.end(JSON.stringify(Object.fromEntries(now.entries())))
    }
  const one = await serve(handler(setup.manager))
  const two = await serve(handler(setup.other))
  return { setup, one, two, arrived: arrived.opened, goOn: goOn.open }
}

const data = async (browser: Browser, server: Server): Promise<unknown> =>
  JSON.parse((await browser.go(server, '/')).body)

it('a hundred concurrent increments on two servers make a hundred', async () => {
  const { setup, one, two } = await site()
  const browser = new Browser()
  await browser.go(one, '/set?key=user&value=astaxie')
  setup.store.before = () => sleep(Math.random() * 5)
  const replies = await Promise.all(
    Array.from({ length: 100 }, (_, i) => browser.go(i % 2 ? one : two, '/count')),
  )
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
  expect(await data(browser, one)).toEqual({ user: 'astaxie', n: 100 })
})

it('two overlapping requests that set different keys keep both', async () => {
  const { one, two, arrived, goOn } = await site()
  const browser = new Browser()
  await browser.go(one, '/set?key=a&value=1')
  const slow = browser.go(one, '/set?key=b&value=2&slow')
  await arrived
  await browser.go(two, '/set?key=c&value=3')
  goOn()
  await slow
  expect(await data(browser, two)).toEqual({ a: '1', b: '2', c: '3' })
})

it('to the same key the last save wins, and a flush takes what was there before it', async () => {
  const { one, two, arrived, goOn } = await site()
  const browser = new Browser()
  await browser.go(one, '/set?key=a&value=1')
  const slow = browser.go(one, '/set?key=b&value=late&slow')
  await arrived
  await browser.go(two, '/set?key=b&value=early')
  await browser.go(two, '/flush')
  goOn()
  await slow
  expect(await data(browser, two)).toEqual({ b: 'late' })
})

describe('a logout that a slow request outlasts', () => {
  const acts = ['/count', '/set?key=a&value=1', '/flush', '/regenerate', '/logout', '/']
  it.each(acts)('%s neither brings the session back nor gets a cookie', async act => {
    const { setup, one, two, arrived, goOn } = await site()
    const happenings = record(setup.manager)
    const browser = new Browser()
    await browser.go(two, '/login')
    await browser.go(two, '/count')
    const id = setup.other.storageID([...browser.cookies.values()][0] as string)
    const slow = browser.fork().go(one, `${act}${act.includes('?') ? '&' : '?'}slow`)
    await arrived
    await browser.go(two, '/logout')
    expect(browser.cookies.size).toBe(0)
    goOn()
    const reply = await slow
    expect(reply.status).toBe(200)
    expect(reply.setCookies).toEqual([])
    expect(await setup.other.getProvider().sessionExist(id)).toBe(false)
    expect(await setup.other.getActiveSession()).toBe(0)
    const told = happenings.filter(({ name }) => name !== 'conflict')
    const isDropped = act !== '/' && act !== '/logout'
    expect(told).toEqual(isDropped ? [{ name: 'dropped', event: { id, reason: 'gone' } }] : [])
  })

  it('nor one whose cookie and life are due to be extended', async () => {
    const clock = new TestClock()
    const { setup, one, two, arrived, goOn } = await site({ clock, cookieLifeTime: 3600 })
    const browser = new Browser()
    await browser.go(two, '/count')
    clock.tick(1800)
    const slow = browser.fork().go(one, '/?slow')
    await arrived
    await browser.go(two, '/logout')
    goOn()
    expect(await slow).toMatchObject({ status: 200, setCookies: [] })
    expect(await setup.other.getActiveSession()).toBe(0)
  })

  it('the visitor who logs in again meanwhile stays logged in', async () => {
    const { one, two, arrived, goOn } = await site()
    const browser = new Browser()
    await browser.go(two, '/login')
    const slow = browser.go(one, '/logout?slow')
    await arrived
    await browser.go(two, '/logout')
    await browser.go(two, '/login')
    goOn()
    await slow
    expect(await data(browser, two)).toEqual({ user: 'astaxie' })
  })
})

describe('a made-up id', () => {
  const made = 'deadbeef'.repeat(4)

  it.each([made, made.repeat(2), 'x', '', '../../etc/passwd', made.toUpperCase(), '%zz'])(
    'is not adopted: %j',
    async id => {
      const { setup, one } = await site()
      const headers = { cookie: `beegosessionID=${id}` }
      const reply = await one.ask({ path: '/count', headers })
      expect(reply.body).toBe('{"n":1}')
      expect(reply.setCookies).toHaveLength(1)
      expect(reply.setCookies[0]).not.toContain(`=${id};`)
      // The one who made it up has nothing of it.
      expect((await one.ask({ headers })).body).toBe('{}')
      expect(await setup.manager.getActiveSession()).toBe(1)
    },
  )

  it('nor is an id kept that was destroyed, or has expired', async () => {
    const clock = new TestClock()
    const { one } = await site({ clock })
    const browser = new Browser()
    await browser.go(one, '/count')
    const attacker = browser.fork()
    await browser.go(one, '/logout')
    expect((await attacker.fork().go(one, '/count')).setCookies[0]).not.toContain(attacker.header)

    const visitor = new Browser()
    await visitor.go(one, '/count')
    const stale = visitor.fork()
    clock.tick(3601)
    const reply = await visitor.go(one, '/count')
    expect(reply.body).toBe('{"n":1}')
    expect(reply.setCookies[0]).not.toContain(stale.header)
  })
})
