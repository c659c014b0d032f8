import assert from 'node:assert/strict'
import type { ClientRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AdapterRig, RouteOf } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { inTime } from '../lib/in-time.ts'
import { slow } from './support.ts'

const SLOW = 200
const PATIENCE = 5000

/** A route that waits between what it does and its answer, until it is let go. */
function waiting(rig: AdapterRig, before: RouteOf['handle'], after: RouteOf['handle']) {
  let arrive = (): void => {}
  let go = (): void => {}
  const arrived = new Promise<void>(resolve => {
    arrive = resolve
  })
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const handle: RouteOf['handle'] = async (session, context) => {
    before(session, context)
    arrive()
    await gate
    after(session, context)
    return rig.text(context, 'nobody reads this')
  }
  return { handle, go: () => go(), arrived: inTime(arrived, PATIENCE, 'the handler was not called') }
}

/** Hangs up, and waits until the server must have noticed. */
async function leave(request: ClientRequest): Promise<void> {
  request.destroy()
  await sleep(50)
}

async function untilSaved(rig: AdapterRig): Promise<void> {
  const saved = async () => {
    while (rig.server.told('created').length === 0 && rig.server.probe.count('update') === 0) await sleep(5)
    await rig.server.settle()
  }
  await inTime(saved(), PATIENCE, 'the session was not saved')
}

/** What is saved, when, and what the response has of it. */
export const saving: AdapterGroup = {
  name: 'saving',
  rules: [
    {
      name: 'is over when a redirect is followed on its headers',
      check: async rig => {
        const browser = await rig.start({
          '/login': (session, context) => {
            session.set('username', 'astaxie')
            return rig.subject.redirect(context, '/me')
          },
          '/me': (session, context) => rig.text(context, session.get('username') ?? 'nobody'),
        })
        rig.server.probe.always('*', slow(SLOW))
        const redirect = await browser.open('/login', { method: 'POST' })
        assert.ok(redirect.status >= 301 && redirect.status <= 303, `status ${redirect.status}`)
        assert.equal((await browser.ask(redirect.headers.location as string)).body, 'astaxie')
      },
    },
    {
      name: 'comes before the headers of an answer to HEAD',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => {
            session.set('n', 1)
            return rig.text(context, 'hello')
          },
        })
        rig.server.probe.always('*', slow(SLOW))
        const reply = await browser.open('/', { method: 'HEAD' })
        assert.equal(reply.status, 200)
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(await rig.stored(browser, 'n'), 1)
      },
    },
    {
      name: 'is done with the answer to an error that was thrown after a change',
      check: async rig => {
        const browser = await rig.start({
          '/': session => {
            session.set('tries', 1)
            throw Object.assign(new Error('teapot'), { status: 418, statusCode: 418 })
          },
        })
        rig.server.probe.always('*', slow(SLOW))
        const reply = await browser.open('/')
        assert.equal(reply.status, 418)
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(await rig.stored(browser, 'tries'), 1)
      },
    },
    {
      name: 'is done with the answer of a framework that has no error handler',
      check: async rig => {
        const browser = await rig.start(
          {
            '/': async session => {
              session.set('tries', 1)
              throw new Error('oops')
            },
          },
          { isBare: true },
        )
        rig.server.probe.always('*', slow(SLOW))
        const reply = await browser.open('/')
        assert.equal(reply.status, 500)
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(await rig.stored(browser, 'tries'), 1)
      },
    },
    {
      name: 'is done though the client is gone when the handler answers',
      check: async rig => {
        const route = waiting(
          rig,
          session => session.update('n', () => 1),
          () => {},
        )
        const browser = await rig.start({
          '/first': (session, context) => {
            session.set('n', 0)
            return rig.text(context, '')
          },
          '/': route.handle,
        })
        await browser.ask('/first')
        const request = browser.send('/')
        await route.arrived
        await leave(request)
        route.go()
        await untilSaved(rig)
        assert.equal(await rig.stored(browser, 'n'), 1)
      },
    },
    {
      name: 'is done though the client is gone when the handler changes the session',
      check: async rig => {
        const route = waiting(
          rig,
          () => {},
          session => session.update('n', () => 1),
        )
        const browser = await rig.start({
          '/first': (session, context) => {
            session.set('n', 0)
            return rig.text(context, '')
          },
          '/': route.handle,
        })
        await browser.ask('/first')
        const request = browser.send('/')
        await route.arrived
        await leave(request)
        route.go()
        await untilSaved(rig)
        assert.equal(await rig.stored(browser, 'n'), 1)
      },
    },
    {
      name: 'leaves the other cookies of an answer alone, and makes it private',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => {
            session.set('n', 1)
            return rig.subject.send(context, {
              status: 200,
              headers: { 'Set-Cookie': 'theme=dark', 'Cache-Control': 'public, max-age=60' },
              body: 'hello',
            })
          },
        })
        const { setCookies, headers } = await browser.ask('/')
        assert.equal(setCookies.length, 2, 'Set-Cookie lines')
        assert.ok(setCookies.includes('theme=dark'), 'the cookie of the handler')
        assert.equal(headers['cache-control'], 'private, max-age=60')
      },
    },
    {
      name: 'several times in a request sends one cookie',
      check: async rig => {
        const browser = await rig.start({
          '/': async (session, context) => {
            session.set('a', 1)
            await session.sessionRelease()
            await session.sessionRegenerateID()
            session.set('b', 2)
            await session.sessionRelease()
            session.set('c', 3)
            return rig.text(context, 'hello')
          },
        })
        const reply = await browser.ask('/')
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        const stored = await browser.visitor.read(rig.other, 'a', 'b', 'c')
        assert.deepEqual(stored, { a: 1, b: 2, c: 3 })
      },
    },
    {
      name: 'of nothing delays nothing',
      check: async rig => {
        const browser = await rig.start(
          {
            '/first': (session, context) => {
              session.set('n', 1)
              return rig.text(context, '')
            },
            '/': (session, context) => rig.text(context, session.get('n')),
          },
          { manager: { maxLifetime: 1000 } },
        )
        await browser.ask('/first')
        rig.clock.advance(500_000)
        const extension = rig.server.probe.pause('extend')
        const reply = await browser.ask('/')
        assert.equal(reply.body, '1')
        assert.deepEqual(reply.setCookies, [])
        await extension.reached()
        extension.go()
        await extension.done
      },
    },
  ],
}
