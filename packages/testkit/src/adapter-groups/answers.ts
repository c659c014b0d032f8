import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Opened } from '../lib/adapter/browser.ts'
import type { AdapterRig } from '../lib/adapter/rig.ts'
import type { AdapterGroup } from '../lib/adapter/rule.ts'
import type { AdapterSubject } from '../lib/adapter/subject.ts'
import { failBefore } from '../lib/probe.ts'
import { assertSaveError, chunks } from './support.ts'

/** How long headers that do not wait for a save have to show it, in milliseconds. */
const HEAD_START = 50

type Way = (context: unknown) => unknown

function waysOf(subject: AdapterSubject<unknown>): [string, Way][] {
  const headers = { 'Content-Type': 'text/plain', 'Content-Language': 'de' }
  const send = (status: number, body: string) => (context: unknown) =>
    subject.send(context, { status, headers, body })
  return [
    ['a text', send(200, 'done')],
    ['a status without a body', send(204, '')],
    ['not modified', send(304, '')],
    ['a redirect', context => subject.redirect(context, '/next')],
    ['a stream', context => subject.stream(context, chunks('do', 'ne'))],
    ...Object.entries(subject.answers),
  ]
}

/** Whatever a handler answers with: what was saved, failed or unchanged comes out the same. */
export function answers(subject: AdapterSubject<unknown>): AdapterGroup[] {
  return waysOf(subject).map(([name, way]) => ({
    name: `answering with ${name}`,
    rules: [
      { name: 'saves before the headers', check: rig => savesFirst(rig, way) },
      { name: 'is an error when the save fails', check: rig => failsWhole(rig, way) },
      { name: 'is left alone when nothing changed', check: rig => passesThrough(rig, way) },
    ],
  }))
}

async function savesFirst(rig: AdapterRig, way: Way): Promise<void> {
  const browser = await rig.start({
    '/': (session, context) => {
      session.set('user', 'astaxie')
      return way(context)
    },
  })
  const save = rig.server.probe.pause('create')
  let areHeadersThere = false
  const opening = browser.open('/').then(opened => {
    areHeadersThere = true
    return opened
  })
  await save.reached()
  await sleep(HEAD_START)
  assert.equal(areHeadersThere, false, 'headers left before the session was saved')
  save.go()
  const opened = await opening
  assert.equal(opened.setCookies.length, 1, 'Set-Cookie lines')
  assert.equal(await rig.stored(browser, 'user'), 'astaxie', 'what the next request reads')
  await assertDone(opened)
  assert.deepEqual(rig.errors, [])
}

async function failsWhole(rig: AdapterRig, way: Way): Promise<void> {
  const browser = await rig.start({
    '/': (session, context) => {
      session.set('user', 'astaxie')
      return way(context)
    },
  })
  rig.server.probe.always('create', failBefore)
  const reply = await browser.ask('/')
  assertSaveError(rig, reply)
  assert.equal(reply.headers['content-language'], undefined, 'a header of the answer that was not to be')
}

async function passesThrough(rig: AdapterRig, way: Way): Promise<void> {
  const browser = await rig.start({
    '/login': (session, context) => {
      session.set('user', 'astaxie')
      return rig.text(context, 'welcome')
    },
    '/': (session, context) => {
      assert.equal(session.get('user'), 'astaxie')
      return way(context)
    },
  })
  await browser.ask('/login')
  rig.server.probe.reset()
  const reply = await browser.open('/')
  await assertDone(reply)
  assert.deepEqual(reply.setCookies, [])
  assert.deepEqual(
    rig.server.probe.calls.map(call => call.method),
    ['load'],
  )
  assert.deepEqual(rig.errors, [])
}

async function assertDone(opened: Opened): Promise<void> {
  const body = (await opened.stream.toArray()).join('')
  const { status, headers } = opened
  if (status === 200) assert.equal(body.replaceAll('"', ''), 'done')
  else if (status === 204 || status === 304) assert.equal(body, '')
  else assert.equal(headers.location, '/next', `a way to answer gave status ${status}`)
}
