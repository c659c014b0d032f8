import assert from 'node:assert/strict'
import type { AdapterOptions } from '@sess/core/adapter'
import type { Browser } from '../lib/adapter/browser.ts'
import type { AdapterRig, AppSettings } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { failBefore } from '../lib/probe.ts'
import { assertError } from './support.ts'

/** An app whose visitor has a session that says n = 1. Its routes read that. */
async function returning(rig: AdapterRig, settings: AppSettings = {}): Promise<Browser> {
  const browser = await rig.start(
    {
      '/set': async (session, context) => {
        await session.sessionStart()
        session.set('n', 1)
        return rig.text(context, 'set')
      },
      '/n': (session, context) => rig.text(context, session.get('n')),
      '/start': async (session, context) => {
        await session.sessionStart()
        return rig.text(context, session.get('n'))
      },
      '/hello': (_, context) => rig.text(context, 'hello'),
      '/state': (session, context) =>
        rig.text(context, `${session.isStarted} ${session.isReadOnly} ${session.get('n')}`),
      '/change': (session, context) => {
        session.set('n', 2)
        return rig.text(context, 'changed')
      },
    },
    settings,
  )
  await browser.ask('/set')
  assert.equal(await rig.stored(browser, 'n'), 1)
  rig.server.probe.reset()
  return browser
}

const down = (rig: AdapterRig) => rig.server.probe.always('load', failBefore)

const anonymous: [string, AdapterOptions<unknown>][] = [
  ['the options say so', { onLoadError: 'anonymous' }],
  [
    'the function in the options says so',
    { onLoadError: error => ((error as { code?: string }).code === 'ERR_BACKEND' ? 'anonymous' : 'error') },
  ],
]

/** When the session is loaded, and what becomes of the request if it cannot be. */
export const loading: AdapterGroup = {
  name: 'loading',
  rules: [
    {
      name: 'is done before the handler, once',
      check: async rig => {
        const browser = await returning(rig)
        rig.server.probe.next('load', async real => {
          await new Promise(resolve => setTimeout(resolve, 20))
          return real()
        })
        assert.equal((await browser.ask('/n')).body, '1')
        assert.equal((await browser.ask('/start')).body, '1')
        assert.equal(rig.server.probe.count(), 2, 'round trips of two requests')
      },
    },
    {
      name: 'connects a manager that connects at its first use',
      check: async rig => {
        let connections = 0
        const browser = await returning(rig, { connect: () => connections++ })
        assert.equal((await browser.ask('/n')).body, '1')
        assert.equal(connections, 1)
      },
    },
    {
      name: 'that cannot connect is an error with status 503, and the next request connects',
      check: async rig => {
        let isUp = false
        const browser = await rig.start(
          { '/n': (session, context) => rig.text(context, session.get('n')) },
          {
            connect: () => {
              if (!isUp) throw new Error('the backend cannot be reached')
            },
          },
        )
        assertError(rig, await browser.ask('/n'), { status: 503, code: 'ERR_BACKEND' })
        isUp = true
        assert.equal((await browser.ask('/n')).body, 'undefined')
      },
    },
    {
      name: 'that fails is an error with status 503, and no handler runs',
      check: async rig => {
        const browser = await returning(rig)
        down(rig)
        assertError(rig, await browser.ask('/hello'), { status: 503, code: 'ERR_BACKEND' })
        rig.server.probe.reset()
        assert.equal((await browser.ask('/n')).body, '1', 'when the backend is back')
      },
    },
    {
      name: 'that fails is a 503 where the app has no error handler',
      check: async rig => {
        const browser = await returning(rig, { isBare: true })
        down(rig)
        const reply = await browser.ask('/hello')
        assert.equal(reply.status, 503)
        assert.deepEqual(reply.setCookies, [])
      },
    },
    ...anonymous.map(([when, options]) => ({
      name: `that fails gives an empty session that cannot be changed where ${when}`,
      check: async (rig: AdapterRig) => {
        const browser = await returning(rig, { options })
        down(rig)
        assert.equal((await browser.ask('/state')).body, 'true true undefined')
        const reply = await browser.ask('/change')
        assert.equal(reply.status, 500)
        assert.equal(reply.body, 'caught ERR_READ_ONLY')
        assert.deepEqual(reply.setCookies, [])
        rig.server.probe.reset()
        assert.equal((await browser.ask('/n')).body, '1', 'when the backend is back')
      },
    })),
    {
      name: 'costs nothing in lazy mode where no handler asks',
      check: async rig => {
        const browser = await returning(rig, { options: { lazy: true } })
        const reply = await browser.ask('/hello')
        assert.equal(reply.body, 'hello')
        assert.deepEqual(reply.setCookies, [])
        assert.equal(rig.server.probe.count(), 0, 'round trips')
      },
    },
    {
      name: 'is done in lazy mode when the handler asks',
      check: async rig => {
        const browser = await returning(rig, { options: { lazy: true } })
        assert.equal((await browser.ask('/start')).body, '1')
        assert.equal(rig.server.probe.count(), 1, 'round trips')
      },
    },
    {
      name: 'is asked for in lazy mode by the error of a handler that forgot it',
      check: async rig => {
        const browser = await returning(rig, { options: { lazy: true } })
        const reply = await browser.ask('/n')
        assert.equal(reply.status, 500)
        assert.equal(reply.body, 'caught ERR_NOT_STARTED')
      },
    },
    {
      name: 'that fails in lazy mode is an error with status 503, too',
      check: async rig => {
        const browser = await returning(rig, { options: { lazy: true } })
        down(rig)
        assertError(rig, await browser.ask('/start'), { status: 503, code: 'ERR_BACKEND' })
      },
    },
  ],
}
