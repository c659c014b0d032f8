import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { record, setUp, TestClock } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { type Server, serve } from './support/servers.ts'

// A request with the old id beside a login: it must not see the login, and must not touch its cookie.

async function site(options: Parameters<typeof setUp>[0] = {}) {
  const setup = await setUp(options)
  const arrived = door()
  const goOn = door()
  const [one, two] = (await Promise.all(
    [setup.manager, setup.other].map(manager =>
      serve(async (req, res) => {
        const { pathname, searchParams } = new URL(req.url ?? '/', 'http://localhost')
        const session = await manager.sessionStart(req, res)
        if (searchParams.has('slow')) {
          arrived.open()
          await goOn.opened
        }
        if (pathname === '/login') {
          session.set('user', 'astaxie')
          await manager.sessionRegenerateId(req, res)
        }
        if (pathname === '/write') session.update('n', (n = 0) => n + 1)
        if (pathname === '/flush') session.flush()
        if (pathname === '/lifetime') session.setLifetime(86_400)
        if (pathname === '/logout') await manager.sessionDestroy(req, res)
        if (pathname === '/logout-write') {
          await manager.sessionDestroy(req, res)
          ;(await manager.sessionStart(req, res)).set('user', 'nobody')
        }
        if (pathname === '/regenerate') {
          session.set('n', 1)
          await manager.sessionRegenerateId(req, res)
        }
        const now = await manager.sessionStart(req, res)
        res.end(now.get('user') ?? 'nobody')
      }),
    ),
  )) as [Server, Server]
  const browser = new Browser()
  await browser.go(two, '/write')
  return { setup, one, two, browser, arrived: arrived.opened, goOn: goOn.open }
}

const acts = ['/', '/write', '/flush', '/lifetime', '/logout', '/logout-write', '/regenerate']

describe.each<[string, Parameters<typeof setUp>[0]]>([
  ['', {}],
  [', cookies with a lifetime', { cookieLifeTime: 3600 }],
])('beside a login%s', (_, options) => {
  it.each(acts)('a request that arrives after it: %s', async act => {
    const { setup, one, two, browser } = await site(options)
    const old = browser.fork()
    await browser.go(two, '/login')
    const happenings = record(setup.manager)
    const reply = await old.go(one, act)
    expect(reply).toMatchObject({ status: 200, setCookies: [] })
    expect(reply.body).not.toBe('astaxie')
    expect((await browser.go(two, '/')).body).toBe('astaxie')
    expect(await setup.other.getActiveSession()).toBe(1)
    const isDropped = ['/write', '/logout-write', '/regenerate'].includes(act)
    expect(happenings).toMatchObject(isDropped ? [{ name: 'dropped', event: { reason: 'retired' } }] : [])
    // And the next one is not taken for a new visitor either.
    expect(await old.go(one, '/write')).toMatchObject({ setCookies: [] })
  })

  it.each(acts)('a request that arrives before it and is answered after it: %s', async act => {
    const { setup, one, two, browser, arrived, goOn } = await site(options)
    const old = browser.fork()
    const slow = old.go(one, `${act}?slow`)
    await arrived
    await browser.go(two, '/login')
    goOn()
    const reply = await slow
    expect(reply).toMatchObject({ status: 200, setCookies: [] })
    expect(reply.body).not.toBe('astaxie')
    expect((await browser.go(two, '/')).body).toBe('astaxie')
    expect(await setup.other.getActiveSession()).toBe(1)
    expect(await old.go(one, '/write')).toMatchObject({ setCookies: [] })
  })
})

it('an extension with its cookie that is due beside a login sends no cookie', async () => {
  const clock = new TestClock()
  const { one, two, browser, arrived, goOn } = await site({ clock, cookieLifeTime: 3600 })
  clock.tick(1800)
  const slow = browser.fork().go(one, '/?slow')
  await arrived
  await browser.go(two, '/login')
  goOn()
  expect(await slow).toMatchObject({ status: 200, setCookies: [] })
})

it('the old id is unknown again when requests sent with it are long over', async () => {
  const clock = new TestClock()
  const { one, two, browser } = await site({ clock })
  const old = browser.fork()
  await browser.go(two, '/login')
  clock.tick(31)
  const reply = await old.go(one, '/write')
  expect(reply.setCookies).toHaveLength(1)
  expect(reply.setCookies[0]).not.toContain(browser.header)
})

it('many logins at once of one visitor: one of them wins, and the others set no cookie', async () => {
  const { setup, one, two, browser } = await site()
  setup.store.before = () => sleep(Math.random() * 5)
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, i) => browser.fork().go(i % 2 ? one : two, '/login')),
  )
  const lines = replies.flatMap(({ setCookies }) => setCookies)
  expect(lines).toHaveLength(1)
  const winner = { headers: { cookie: (lines[0] as string).split(';')[0] as string } }
  expect((await one.ask(winner)).body).toBe('astaxie')
  expect(await setup.manager.getActiveSession()).toBe(1)
})
