import assert from 'node:assert/strict'
import { isSessionError } from '@sess/core/engine'
import { type Act, failAfter, failBefore, hang, type Probe } from '../lib/probe.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession } from '../lib/rule.ts'

/** What goes wrong, and where. */
interface Fault {
  readonly name: string
  plan(probe: Probe): void
  /** Core cannot delete the new record, or cannot know whether it may: nobody knows its id, and it expires. */
  readonly leavesOrphan?: boolean
}

const once = (method: string, act: Act, name: string): Fault => ({
  name: `${name} once at ${method}`,
  plan: probe => probe.next(method, act),
})

const always = (method: string, act: Act, name: string): Fault => ({
  name: `${name} at every ${method}`,
  plan: probe => probe.always(method, act),
})

const orphaning = (fault: Fault, ...more: [string, Act, string][]): Fault => ({
  name: [fault.name, ...more.map(([method, , name]) => `${name} at every ${method}`)].join(' and '),
  plan: probe => {
    fault.plan(probe)
    for (const [method, act] of more) probe.always(method, act)
  },
  leavesOrphan: true,
})

const refused = 'the backend refuses'
const lost = 'the answer is lost'
const hangs = 'the backend hangs'

const faults: readonly Fault[] = [
  ...['create', 'update'].flatMap(method => [
    once(method, failBefore, refused),
    once(method, failAfter, lost),
    always(method, failBefore, refused),
    always(method, failAfter, lost),
  ]),
  once('create', hang, hangs),
  orphaning(once('update', hang, hangs)),
  orphaning(always('update', failBefore, refused), ['delete', failBefore, refused]),
  orphaning(always('update', failBefore, refused), ['delete', hang, hangs]),
  orphaning(always('update', failAfter, lost), ['load', failBefore, refused]),
  orphaning(always('create', failAfter, lost), ['load', failBefore, refused]),
  { name: `${refused} every call`, plan: probe => probe.always('*', failBefore) },
]

const whole = { name: 'astaxie', n: 1 }
const moved = { ...whole, role: 'admin' }

/** A login in the middle of which the backend fails: the old session is whole, or the new one is. */
async function checkFault(rig: Rig, fault: Fault): Promise<void> {
  const server = await rig.server({ timeout: 300 })
  const watcher = await rig.server()
  const visitor = rig.visitor()
  await visitor.visit(server, session => {
    session.set('name', 'astaxie')
    session.set('n', 1)
  })
  const old = visitor.copy()
  const login = await visitor.open(server)
  login.session.set('role', 'admin')
  server.probe.reset()
  fault.plan(server.probe)
  let error: unknown
  try {
    await login.regenerate()
    await login.end()
  } catch (thrown) {
    error = thrown
  }
  const [created] = server.probe.calls.filter(call => call.method === 'create')
  server.probe.reset()
  const store = await rig.store()
  const isNewThere = (await store.load(created?.args[0] as string)) !== undefined
  const underOld = await old.read(watcher, 'name', 'n', 'role')
  const underNew = await visitor.read(watcher, 'name', 'n', 'role')
  if (error === undefined) {
    assert.notEqual(visitor.sid, old.sid, 'it says that it is done, but the visitor has no new id')
    assert.deepEqual({ underOld, underNew }, { underOld: {}, underNew: moved }, 'it says that it is done')
    return
  }
  assert.ok(isSessionError(error), `an error without a code: ${error}`)
  assert.equal(visitor.sid, old.sid, 'it failed, but the visitor got a new id')
  if (underOld.name === undefined) {
    // The commit was done and could not be told: then what it moved is there.
    assert.equal(error.code, 'ERR_OUTCOME_UNKNOWN')
    assert.ok(isNewThere, 'the old session is gone and the new one is not there')
    return
  }
  assert.deepEqual(underOld, whole, `it failed with ${error.code}, and the old session is not whole`)
  if (!fault.leavesOrphan)
    assert.ok(!isNewThere, `it failed with ${error.code}, and left the new session there`)
}

/** A login fails at every point where it can. */
export const regenerateFaults: Group = {
  name: 'regenerate-faults',
  rules: faults.map(fault =>
    onSession(`leaves the old session whole or is done when ${fault.name}`, rig => checkFault(rig, fault)),
  ),
}
