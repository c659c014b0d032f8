import assert from 'node:assert/strict'
import type { Browser, Reply } from '../lib/adapter/browser.ts'
import type { AdapterRig, RouteOf } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { failBefore } from '../lib/probe.ts'
import { assertError } from './support.ts'

/** An app with one route, and a browser whose session has a user and a cart. */
async function loggedIn(rig: AdapterRig, handle: RouteOf['handle']): Promise<Browser> {
  const browser = await rig.start({
    '/login': (session, context) => {
      session.user = 'astaxie'
      session.cart = { items: ['a'] }
      return rig.text(context, 'hello')
    },
    '/': handle,
    '/me': (session, context) => rig.text(context, JSON.stringify(session)),
  })
  await browser.ask('/login')
  return browser
}

/** What the session holds for the next request. */
async function held(browser: Browser): Promise<unknown> {
  return JSON.parse((await browser.ask('/me')).body)
}

/** Fails unless the handler threw at the line that the session refused. */
function assertRefused({ status, body }: Reply): void {
  assert.deepEqual([status, body], [500, 'caught ERR_VALUE'])
}

/** The session as an object: its data are its properties, and it can be assigned to. */
export const properties: AdapterGroup = {
  name: 'the session as an object',
  rules: [
    {
      name: 'keeps a property that is set, and forgets one that is deleted',
      check: async rig => {
        const browser = await loggedIn(rig, (session, context) => {
          session.returnTo = '/x'
          delete session.user
          ;(session.cart as { items: string[] }).items.push('b')
          return rig.text(context, Object.keys(session).join())
        })
        assert.equal((await browser.ask('/')).body, 'cart,returnTo')
        assert.deepEqual(await held(browser), { cart: { items: ['a', 'b'] }, returnTo: '/x' })
      },
    },
    {
      name: 'refuses to have a member replaced',
      check: async rig => {
        const browser = await loggedIn(rig, session => {
          Object.assign(session, { set: 'x' })
        })
        assertRefused(await browser.ask('/'))
      },
    },
    {
      name: 'ends when it is set to null, before the response leaves',
      check: async rig => {
        const browser = await loggedIn(rig, (_, context) => {
          rig.subject.assign(context, null)
          return rig.text(context, 'bye')
        })
        const before = browser.copy()
        const reply = await browser.ask('/')
        assert.equal(reply.body, 'bye')
        assert.equal(browser.visitor.cookie, '', 'the cookie is cleared')
        assert.deepEqual(await held(before), {})
        assert.equal(rig.server.told('destroyed').length, 1)
      },
    },
    {
      name: 'that cannot be ended is a 500, and goes on',
      check: async rig => {
        const browser = await loggedIn(rig, (_, context) => {
          rig.subject.assign(context, null)
          return rig.text(context, 'bye')
        })
        const before = browser.copy()
        rig.server.probe.always('delete', failBefore)
        rig.server.probe.always('update', failBefore)
        assertError(rig, await browser.ask('/'), { status: 500, code: 'ERR_BACKEND' })
        rig.server.probe.reset()
        assert.deepEqual(await held(before), { user: 'astaxie', cart: { items: ['a'] } })
      },
    },
    {
      name: 'has the data of a plain object that it is set to, and no other',
      check: async rig => {
        const browser = await loggedIn(rig, (_, context) => {
          rig.subject.assign(context, { user: 'somebody else' })
          return rig.text(context, 'hello')
        })
        await browser.ask('/')
        assert.deepEqual(await held(browser), { user: 'somebody else' })
      },
    },
    {
      name: 'refuses to be set to anything else',
      check: async rig => {
        const browser = await loggedIn(rig, (_, context) => {
          rig.subject.assign(context, new Date() as unknown as Record<string, unknown>)
          return rig.text(context, 'hello')
        })
        assertRefused(await browser.ask('/'))
        assert.deepEqual(await held(browser), { user: 'astaxie', cart: { items: ['a'] } })
      },
    },
    ...(['destroy', 'save', 'regenerate'] as const).flatMap(method => [
      {
        name: `can be told to ${method} by who does not wait`,
        check: async (rig: AdapterRig) => {
          const browser = await loggedIn(rig, (session, context) => {
            session.n = 1
            void session[method]()
            return rig.text(context, 'done')
          })
          const before = browser.copy()
          assert.equal((await browser.ask('/')).body, 'done')
          assert.equal((await before.ask('/me')).body.includes('"n":1'), method === 'save')
        },
      },
      {
        name: `is a 500 where ${method} fails and nobody waits for that`,
        check: async (rig: AdapterRig) => {
          const browser = await loggedIn(rig, (session, context) => {
            session.n = 1
            void session[method]()
            return rig.text(context, 'done')
          })
          for (const call of ['create', 'update', 'delete'] as const)
            rig.server.probe.always(call, failBefore)
          assertError(rig, await browser.ask('/'), { status: 500, code: 'ERR_BACKEND' })
        },
      },
      {
        name: `tells a callback when ${method} is done`,
        check: async (rig: AdapterRig) => {
          const browser = await loggedIn(rig, async (session, context) => {
            session.n = 1
            const error = await new Promise<unknown>(resolve => session[method](resolve))
            return rig.text(context, (error as { code?: string } | undefined)?.code ?? 'done')
          })
          assert.equal((await browser.ask('/')).body, 'done')
        },
      },
    ]),
  ],
}
