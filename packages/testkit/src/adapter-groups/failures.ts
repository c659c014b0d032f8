import assert from 'node:assert/strict'
import type { AdapterRig, RouteOf } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import { failBefore } from '../lib/probe.ts'
import { assertSaveError } from './support.ts'

const set =
  (rig: AdapterRig, value: unknown): RouteOf['handle'] =>
  (session, context) => {
    session.set('n', value)
    return rig.text(context, 'set')
  }

/** Saves that fail. */
export const failures: AdapterGroup = {
  name: 'failures',
  rules: [
    {
      name: 'to save are a 500 without a cookie where the app has no error handler',
      check: async rig => {
        const browser = await rig.start({ '/': set(rig, 1) }, { isBare: true })
        rig.server.probe.always('create', failBefore)
        const reply = await browser.ask('/')
        assert.equal(reply.status, 500)
        assert.deepEqual(reply.setCookies, [])
        assert.equal(rig.server.told('saveError').length, 1, 'how often it was tried')
      },
    },
    {
      name: 'to save leave what was stored, and hurt no later request',
      check: async rig => {
        const browser = await rig.start({ '/1': set(rig, 1), '/2': set(rig, 2) })
        await browser.ask('/1')
        rig.server.probe.always('update', failBefore)
        assertSaveError(rig, await browser.ask('/2'))
        assert.equal(await rig.stored(browser, 'n'), 1)
        rig.server.probe.reset()
        assert.equal((await browser.ask('/2')).body, 'set')
        assert.equal(await rig.stored(browser, 'n'), 2)
      },
    },
    {
      name: 'to save leave what an app says with every answer',
      check: async rig => {
        const browser = await rig.start({
          '/': (session, context) => {
            session.set('n', 1)
            const headers = { 'Access-Control-Allow-Origin': '*', ETag: '"of another answer"' }
            return rig.subject.send(context, { status: 200, headers, body: 'set' })
          },
        })
        rig.server.probe.always('create', failBefore)
        const reply = await browser.ask('/')
        assertSaveError(rig, reply)
        assert.equal(reply.headers['access-control-allow-origin'], '*')
        assert.notEqual(reply.headers.etag, '"of another answer"')
      },
    },
    {
      name: 'to save under an id that is new already leave the visitor that id',
      check: async rig => {
        const browser = await rig.start({
          '/': set(rig, 1),
          '/login': async (session, context) => {
            await session.sessionRegenerateID()
            rig.server.probe.always('update', failBefore)
            session.set('n', 2)
            return rig.text(context, 'welcome')
          },
        })
        await browser.ask('/')
        const before = browser.copy()
        const reply = await browser.ask('/login')
        assert.equal(reply.status, 500)
        assert.equal(reply.setCookies.length, 1, 'Set-Cookie lines')
        assert.equal(await rig.stored(browser, 'n'), 1, 'what the session held, under its new id')
        assert.equal(await rig.stored(before, 'n'), undefined, 'under the id before')
      },
    },
    {
      name: 'to save an answer to HEAD are a 500',
      check: async rig => {
        const browser = await rig.start({ '/': set(rig, 1) })
        rig.server.probe.always('create', failBefore)
        const reply = await browser.ask('/', { method: 'HEAD' })
        assert.equal(reply.status, 500)
        assert.deepEqual(reply.setCookies, [])
        assert.equal(rig.errors.length, 1, 'errors of the app')
      },
    },
    {
      name: 'to save with the answer to an error are a 500 as well',
      check: async rig => {
        const browser = await rig.start({
          '/': session => {
            session.set('n', 1)
            throw Object.assign(new Error('teapot'), { status: 418, statusCode: 418 })
          },
        })
        rig.server.probe.always('create', failBefore)
        const reply = await browser.ask('/')
        assert.equal(reply.status, 500)
        assert.deepEqual(reply.setCookies, [])
        assert.equal(rig.server.told('saveError').length, 1, 'how often it was tried')
      },
    },
    {
      name: 'of a value that cannot be stored are errors, too',
      check: async rig => {
        const holder: { value: unknown } = { value: 1 }
        const browser = await rig.start({
          '/': (session, context) => {
            session.set('n', holder)
            const kept = session.get('n') as typeof holder
            kept.value = () => 'a function'
            return rig.text(context, 'set')
          },
        })
        const reply = await browser.ask('/')
        assert.equal(reply.status, 500)
        assert.equal(reply.body, 'caught ERR_VALUE')
        assert.deepEqual(reply.setCookies, [])
      },
    },
  ],
}
