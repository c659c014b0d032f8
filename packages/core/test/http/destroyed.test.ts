import { isSessionError, type Session } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Data, record, setUp } from './support/managers.ts'
import { type Handler, serve } from './support/servers.ts'

// The session that a request destroyed, and the one it may begin afterwards.

async function site(handler: (manager: Awaited<ReturnType<typeof setUp>>['manager']) => Handler) {
  const setup = await setUp()
  const server = await serve(async (req, res) => {
    if (req.url === '/') {
      ;(await setup.manager.sessionStart(req, res)).set('user', 'astaxie')
      res.end()
    } else await handler(setup.manager)(req, res)
  })
  const browser = new Browser()
  await browser.go(server)
  return { ...setup, server, browser }
}

const uses: Record<string, (session: Session<Data>) => unknown> = {
  get: session => session.get('user'),
  has: session => session.has('user'),
  keys: session => session.keys(),
  entries: session => session.entries(),
  set: session => session.set('user', 'another'),
  update: session => session.update('n', () => 1),
  delete: session => session.delete('user'),
  flush: session => session.flush(),
  setLifetime: session => session.setLifetime(60),
}

describe('the old handle', () => {
  it.each(Object.entries(uses))('%s throws ERR_SESSION_DESTROYED', async (_, use) => {
    let error: unknown
    const { browser, server } = await site(manager => async (req, res) => {
      const session = await manager.sessionStart(req, res)
      await manager.sessionDestroy(req, res)
      try {
        use(session)
      } catch (thrown) {
        error = thrown
      }
      res.end()
    })
    await browser.go(server, '/logout')
    expect(isSessionError(error, 'ERR_SESSION_DESTROYED')).toBe(true)
  })

  it('sessionRelease resolves, and the changes made before are gone', async () => {
    const { browser, server, store, manager } = await site(manager => async (req, res) => {
      await using session = await manager.sessionStart(req, res)
      session.set('n', 1)
      await manager.sessionDestroy(req, res)
      await session.sessionRelease()
      expect(session.needsRelease).toBe(false)
      res.end()
    })
    const happenings = record(manager)
    store.forget()
    await browser.go(server, '/logout')
    expect(server.thrown).toEqual([])
    expect(happenings.map(({ name }) => name)).toEqual(['destroyed'])
    expect(store.methods).toEqual(['load', 'delete'])
  })
})

it('sessionStart afterwards gives a fresh one in the same request', async () => {
  const ids: string[] = []
  const { browser, server, manager } = await site(manager => async (req, res) => {
    const session = await manager.sessionStart(req, res)
    ids.push(session.sessionID())
    await manager.sessionDestroy(req, res)
    const fresh = await manager.sessionStart(req, res)
    ids.push(fresh.sessionID())
    expect(fresh).not.toBe(session)
    expect(fresh.isNew).toBe(true)
    expect(fresh.keys()).toEqual([])
    fresh.set('n', 1)
    res.end()
  })
  const happenings = record(manager)
  await browser.go(server, '/logout')
  expect(server.thrown).toEqual([])
  expect(ids[1]).not.toBe(ids[0])
  expect([...browser.cookies.values()]).toEqual([ids[1]])
  expect(happenings.map(({ name }) => name)).toEqual(['destroyed', 'created'])
  expect(await manager.getActiveSession()).toBe(1)
})

it('regenerating what was destroyed gives the fresh one', async () => {
  const { browser, server } = await site(manager => async (req, res) => {
    const session = await manager.sessionStart(req, res)
    await manager.sessionDestroy(req, res)
    const fresh = await manager.sessionRegenerateId(req, res)
    expect(fresh).not.toBe(session)
    res.end()
  })
  await browser.go(server, '/logout')
  expect(server.thrown).toEqual([])
  expect(browser.cookies.size).toBe(0)
})

it('destroying twice destroys once', async () => {
  const { browser, server, manager } = await site(manager => async (req, res) => {
    await Promise.all([manager.sessionDestroy(req, res), manager.sessionDestroy(req, res)])
    await manager.sessionDestroy(req, res)
    res.end()
  })
  const happenings = record(manager)
  const reply = await browser.go(server, '/logout')
  expect(reply.setCookies).toHaveLength(1)
  expect(happenings.map(({ name }) => name)).toEqual(['destroyed'])
})

it('a destroy that fails leaves session and cookie, and the handler is told', async () => {
  const { browser, server, store } = await site(manager => async (req, res) => {
    if (req.url === '/logout') await manager.sessionDestroy(req, res)
    res.end((await manager.sessionStart(req, res)).get('user'))
  })
  store.before = ({ method }) => {
    if (method !== 'load') throw new Error('down')
  }
  expect(await browser.go(server, '/logout')).toMatchObject({ status: 500, setCookies: [] })
  expect(isSessionError(server.thrown[0])).toBe(true)
  store.before = () => undefined
  expect((await browser.go(server, '/read')).body).toBe('astaxie')
  expect((await browser.go(server, '/logout')).setCookies).toHaveLength(1)
})

it('changes made before a flush and a destroy do not come back with a late release', async () => {
  const { browser, server, manager } = await site(manager => async (req, res) => {
    const session = await manager.sessionStart(req, res)
    session.set('n', 1)
    const release = session.sessionRelease()
    const destroy = manager.sessionDestroy(req, res)
    await Promise.all([release, destroy])
    res.end()
  })
  await browser.go(server, '/logout')
  expect(await manager.getActiveSession()).toBe(0)
  expect(browser.cookies.size).toBe(0)
})
