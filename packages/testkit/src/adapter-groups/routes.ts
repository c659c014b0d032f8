import assert from 'node:assert/strict'
import type { AdapterOptions } from '@sess/core/adapter'
import type { Browser, Reply } from '../lib/adapter/browser.ts'
import type { AdapterRig, AppSettings, RouteOf } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { failBefore } from '../lib/probe.ts'

/** An app with one route that has options of its own; all others have the app's. */
async function app(
  rig: AdapterRig,
  routeOptions: AdapterOptions<unknown>,
  settings: AppSettings,
): Promise<Browser> {
  const count: RouteOf['handle'] = (session, context) => {
    session.update('n', n => ((n as number) ?? 0) + 1)
    return rig.text(context, session.get('n'))
  }
  return rig.start(
    {
      '/own': { options: routeOptions, handle: count },
      '/own/state': {
        options: routeOptions,
        handle: (session, context) => rig.text(context, `${session.isOff} ${session.isStarted}`),
      },
      '/': count,
      '/state': (session, context) => rig.text(context, `${session.isOff} ${session.isStarted}`),
    },
    settings,
  )
}

function assertOff(reply: Reply): void {
  assert.equal(reply.status, 500)
  assert.equal(reply.body, 'caught ERR_NOT_STARTED')
  assert.deepEqual(reply.setCookies, [])
}

/** Sessions for the whole app, and for a route. */
export const routes: AdapterGroup = {
  name: 'routes',
  rules: [
    {
      name: 'without a session, by the options of the app',
      check: async rig => {
        const browser = await app(rig, { sessionOn: true }, { options: { sessionOn: false } })
        assert.equal((await browser.ask('/state')).body, 'true false')
        assertOff(await browser.ask('/'))
        assert.equal((await browser.ask('/own')).body, '1', 'where the route has one')
      },
    },
    {
      name: 'without a session, by the options of the route',
      check: async rig => {
        const browser = await app(rig, { sessionOn: false }, {})
        assert.equal((await browser.ask('/')).body, '1')
        assert.equal((await browser.ask('/own/state')).body, 'true false')
        assertOff(await browser.ask('/own'))
        assert.equal((await browser.ask('/')).body, '2')
      },
    },
    {
      name: 'without a session, by a function that looks at the request',
      check: async rig => {
        const asked: unknown[] = []
        const sessionOn = (request: unknown) => {
          asked.push(request)
          return false
        }
        const browser = await app(rig, {}, { options: { sessionOn } })
        assertOff(await browser.ask('/'))
        assert.ok(asked.length > 0 && typeof asked[0] === 'object', 'it gets the request')
      },
    },
    {
      name: 'without a session, by the configuration',
      check: async rig => {
        const why = 'sessionon = false in app.conf'
        const browser = await app(rig, {}, { sessions: { sessionOn: false, why } })
        assert.equal((await browser.ask('/state')).body, 'true false')
        assertOff(await browser.ask('/'))
        assert.match(String(rig.errors.at(-1)), /sessionon = false in app\.conf/)
      },
    },
    {
      name: 'without a session, where an end or a new id that nobody awaits is an error',
      check: async rig => {
        const calls = ['destroySession', 'sessionRegenerateID', 'destroy', 'regenerate'] as const
        const routes = calls.map((call): [string, RouteOf['handle']] => [
          `/${call}`,
          (session, context) => {
            void session[call]()
            return rig.text(context, 'as if')
          },
        ])
        const browser = await rig.start(Object.fromEntries(routes), { options: { sessionOn: false } })
        for (const call of calls) assertOff(await browser.ask(`/${call}`))
      },
    },
    {
      name: 'that load their session when the handler asks',
      check: async rig => {
        const browser = await app(rig, {}, { options: { lazy: true } })
        assert.equal((await browser.ask('/state')).body, 'false false')
        assert.equal((await browser.ask('/own/state')).body, 'false true', 'where the route does it')
        assert.equal((await browser.ask('/own')).body, '1')
        assert.equal((await browser.ask('/own')).body, '2')
      },
    },
    {
      name: 'that go on without a session that cannot be loaded',
      check: async rig => {
        const browser = await app(rig, { onLoadError: 'anonymous' }, { options: { lazy: true } })
        await browser.ask('/own')
        rig.server.probe.always('load', failBefore)
        assert.equal((await browser.ask('/own/state')).body, 'false true')
      },
    },
    {
      name: 'that have one session twice, and send one cookie',
      check: async rig => {
        const browser = await app(rig, {}, {})
        const reply = await browser.ask('/own')
        assert.equal(reply.body, '1')
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal((await browser.ask('/own')).body, '2')
        assert.equal(rig.server.probe.count('load'), 1, 'loads')
      },
    },
  ],
}
