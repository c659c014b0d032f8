import assert from 'node:assert/strict'
import type { AdapterRig, RouteOf } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'

const login =
  (rig: AdapterRig): RouteOf['handle'] =>
  async (session, context) => {
    await session.sessionRegenerateID()
    session.setSession('username', 'astaxie')
    return rig.text(context, 'welcome')
  }

/** What a session is to handlers. */
export const sessions: AdapterGroup = {
  name: 'sessions',
  rules: [
    {
      name: 'count as the counter of the original does',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => {
            const n = session.getSession('asta') as number | undefined
            session.setSession('asta', (n ?? 0) + 1)
            return rig.text(context, n ?? 0)
          },
        })
        const bodies: string[] = []
        for (let i = 0; i < 3; i++) bodies.push((await browser.ask('/')).body)
        assert.deepEqual(bodies, ['0', '1', '2'])
        assert.equal((await browser.copy().ask('/')).body, '3', 'the same visitor')
        assert.deepEqual(rig.errors, [])
      },
    },
    {
      name: 'lose no update of requests that overlap',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => {
            session.update('n', n => ((n as number) ?? 0) + 1)
            return rig.text(context, session.get('n'))
          },
        })
        await browser.ask('/')
        await Promise.all(Array.from({ length: 20 }, () => browser.ask('/')))
        assert.equal(await rig.stored(browser, 'n'), 21)
      },
    },
    {
      name: 'get a new id at login, and the old one is dead',
      check: async rig => {
        const browser = await rig.start({
          '/cart': (session, context) => {
            session.set('cart', ['a book'])
            return rig.text(context, 'in the cart')
          },
          '/login': login(rig),
        })
        await browser.ask('/cart')
        const before = browser.copy()
        const reply = await browser.ask('/login')
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.notEqual(browser.visitor.cookie, before.visitor.cookie)
        assert.equal(await rig.stored(browser, 'username'), 'astaxie')
        assert.deepEqual(await rig.stored(browser, 'cart'), ['a book'])
        assert.equal(await rig.stored(before, 'username'), undefined, 'under the id before the login')
        assert.equal(await rig.stored(before, 'cart'), undefined, 'under the id before the login')
      },
    },
    {
      name: 'end at logout, with their cookie',
      check: async rig => {
        const browser = await rig.start({
          '/login': login(rig),
          '/logout': async (session, context) => {
            await session.destroySession()
            return rig.text(context, session.getSession('username') ?? 'nobody')
          },
        })
        await browser.ask('/login')
        const kept = browser.copy()
        const reply = await browser.ask('/logout')
        assert.equal(reply.body, 'nobody')
        assert.equal(browser.visitor.cookie, '', 'the cookie after the logout')
        assert.equal(await rig.stored(kept, 'username'), undefined, 'with a cookie that was kept')
      },
    },
    {
      name: 'begin anew with what is set after the end of one',
      check: async rig => {
        const browser = await rig.start({
          '/login': login(rig),
          '/switch': async (session, context) => {
            await session.destroySession()
            session.set('username', 'somebody else')
            return rig.text(context, 'switched')
          },
        })
        await browser.ask('/login')
        const before = browser.copy()
        const reply = await browser.ask('/switch')
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(await rig.stored(browser, 'username'), 'somebody else')
        assert.equal(await rig.stored(before, 'username'), undefined)
      },
    },
    {
      name: 'hand a flash message to one request',
      check: async rig => {
        const browser = await rig.start({
          '/save': (session, context) => {
            session.addFlash('info', 'Saved')
            return rig.subject.redirect(context, '/')
          },
          '/': (session, context) => rig.text(context, session.takeFlash('info').join()),
        })
        await browser.ask('/save')
        assert.equal((await browser.ask('/')).body, 'Saved')
        assert.equal((await browser.ask('/')).body, '')
      },
    },
    {
      name: 'cost a visitor who stores nothing neither a cookie nor a round trip',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => rig.text(context, session.get('n') ?? 'nothing'),
        })
        const reply = await browser.ask('/')
        assert.equal(reply.body, 'nothing')
        assert.deepEqual(reply.setCookies, [])
        assert.equal(rig.server.probe.count(), 0, 'round trips')
      },
    },
    {
      name: 'are saved by hand as well',
      check: async rig => {
        let stored: unknown
        const browser = await rig.start({
          '/': async (session, context) => {
            session.set('n', 1)
            await session.sessionRelease()
            stored = rig.server.probe.count('create')
            return rig.text(context, 'saved')
          },
        })
        const reply = await browser.ask('/')
        assert.equal(stored, 1, 'saves when sessionRelease is over')
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(rig.server.probe.count('create', 'update'), 1, 'saves')
      },
    },
  ],
}
