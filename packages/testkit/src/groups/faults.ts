import assert from 'node:assert/strict'
import { isSessionError } from '@sess/core/engine'
import { inTime } from '../lib/in-time.ts'
import { type Act, BackendDown, failAfter, failBefore, hang } from '../lib/probe.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession } from '../lib/rule.ts'
import type { Server } from '../lib/server.ts'
import type { Visitor } from '../lib/visitor.ts'

/** As long as a call may take in these checks, and as long as one may wait for the error at most, in ms. */
const timeout = 300
const patience = 2000

/** A server whose backend will fail, another that sees what is stored, and a visitor who has counted to 1. */
async function scene(rig: Rig): Promise<{ server: Server; watcher: Server; visitor: Visitor }> {
  const [server, watcher] = [await rig.server({ timeout }), await rig.server()]
  const visitor = rig.visitor()
  await visitor.visit(server, session => session.set('n', 1))
  server.probe.reset()
  return { server, watcher, visitor }
}

/** Counts one further in a request whose save goes wrong as `plan` says, and gives the code of its error. */
async function count(server: Server, visitor: Visitor, plan: () => void): Promise<string> {
  const visit = await visitor.open(server)
  visit.session.update('n', n => ((n as number | undefined) ?? 0) + 1)
  plan()
  server.probe.calls.length = 0
  try {
    await answer(visit.end())
  } catch (error) {
    assert.deepEqual(visit.setCookies, [], 'a failed save must not set a cookie')
    return codeOf(error)
  } finally {
    assert.ok(server.probe.count() > 0, 'the backend was not asked')
    server.probe.reset()
  }
  return 'done'
}

function codeOf(error: unknown): string {
  if (!isSessionError(error)) throw error
  return error.code
}

const answer = <T>(promise: Promise<T>) => inTime(promise, patience, 'no answer')

const stored = (visitor: Visitor, watcher: Server) => visitor.read(watcher, 'n')

/** A backend that fails is an error with a code; a write whose answer was lost is done once or not at all. */
export const faults: Group = {
  name: 'faults',
  rules: [
    onSession('gives a typed error with its cause when a session cannot be read', async rig => {
      const { server, visitor } = await scene(rig)
      server.probe.always('*', failBefore)
      await assert.rejects(answer(visitor.copy().open(server)), error => {
        assert.equal(codeOf(error), 'ERR_BACKEND')
        assert.ok((error as Error).cause instanceof BackendDown, 'the cause is what the backend threw')
        return true
      })
      server.probe.reset()
      assert.deepEqual(await stored(visitor, server), { n: 1 }, 'when the backend is back')
    }),

    onSession('gives a typed error and keeps what was stored when a save fails', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      const code = await count(server, visitor, () => server.probe.always('*', failBefore))
      assert.ok(['ERR_BACKEND', 'ERR_OUTCOME_UNKNOWN'].includes(code), code)
      assert.deepEqual(await stored(visitor, watcher), { n: 1 })
      assert.equal(await count(server, visitor, () => {}), 'done', 'when the backend is back')
      assert.deepEqual(await stored(visitor, watcher), { n: 2 })
    }),

    onSession('gives a typed error when a new session cannot be saved, and no cookie', async rig => {
      const server = await rig.server({ timeout })
      const visitor = rig.visitor()
      const visit = await visitor.open(server)
      visit.session.set('n', 1)
      server.probe.always('*', failBefore)
      await assert.rejects(answer(visit.end()), error => isSessionError(error))
      assert.deepEqual(visit.setCookies, [])
    }),

    onSession('gives a typed error when a session cannot be destroyed', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      const visit = await visitor.open(server)
      server.probe.always('*', failBefore)
      const codes = ['ERR_BACKEND', 'ERR_OUTCOME_UNKNOWN']
      await assert.rejects(answer(visit.destroy()), error => codes.includes(codeOf(error)))
      assert.deepEqual(visit.setCookies, [], 'the session lives, so the cookie must stay')
      assert.deepEqual(await stored(visitor, watcher), { n: 1 })
    }),

    onSession('does a save once whose answer was lost', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      assert.equal(await count(server, visitor, () => server.probe.next('update', failAfter)), 'done')
      assert.deepEqual(await stored(visitor, watcher), { n: 2 })
      const other = rig.visitor()
      assert.equal(await count(server, other, () => server.probe.next('create', failAfter)), 'done')
      assert.deepEqual(await stored(other, watcher), { n: 1 })
    }),

    onSession('tries a save again that was not done', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      assert.equal(await count(server, visitor, () => server.probe.next('update', failBefore)), 'done')
      assert.deepEqual(await stored(visitor, watcher), { n: 2 })
      const other = rig.visitor()
      assert.equal(await count(server, other, () => server.probe.next('create', failBefore)), 'done')
      assert.deepEqual(await stored(other, watcher), { n: 1 })
    }),

    onSession('ends a session whose logout got no answer, done or not', async rig => {
      for (const fault of [failBefore, failAfter]) {
        const { server, watcher, visitor } = await scene(rig)
        const kept = visitor.copy()
        const visit = await visitor.open(server)
        server.probe.next('delete', fault)
        await answer(visit.destroy())
        assert.equal(visit.setCookies.length, 1, 'a logout clears the cookie')
        assert.deepEqual(await stored(kept, watcher), {})
      }
    }),

    onSession(
      'says that the outcome is unknown when another save hides it, and does it no second time',
      async rig => {
        for (const [fault, expected] of [
          [failBefore, 2],
          [failAfter, 3],
        ] as const) {
          const { server, watcher, visitor } = await scene(rig)
          const other: Act = async real => {
            // A backend that did the save or did not, and another request that saved before core could look.
            await fault(real).catch(() => {})
            await visitor.copy().visit(watcher, session => session.update('n', n => (n as number) + 1))
            throw new BackendDown('the answer was lost')
          }
          const code = await count(server, visitor, () => server.probe.next('update', other))
          assert.equal(code, 'ERR_OUTCOME_UNKNOWN')
          assert.deepEqual(await stored(visitor, watcher), { n: expected })
        }
      },
    ),

    onSession(
      'says that the outcome is unknown when the answer is lost and a new id may have taken the save along',
      async rig => {
        for (const [fault, expected] of [
          [failBefore, 1],
          [failAfter, 2],
        ] as const) {
          const { server, watcher, visitor } = await scene(rig)
          const login = visitor.copy()
          const other: Act = async real => {
            await fault(real).catch(() => {})
            await login.regenerate(watcher)
            throw new BackendDown('the answer was lost')
          }
          const code = await count(server, visitor, () => server.probe.next('update', other))
          assert.equal(code, 'ERR_OUTCOME_UNKNOWN')
          assert.deepEqual(server.told('dropped'), [], 'what may be saved is not dropped')
          assert.deepEqual(await stored(login, watcher), { n: expected })
        }
      },
    ),

    onSession('tells what a function given to update throws when it is run again', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      const [visit, other] = [await visitor.open(server), await visitor.copy().open(watcher)]
      const reason = new RangeError('there is one left')
      let runs = 0
      visit.session.update('n', n => {
        if (runs++ > 0) throw reason
        return (n as number) + 1
      })
      other.session.update('n', n => (n as number) + 1)
      await other.end()
      await assert.rejects(answer(visit.end()), error => error === reason)
      assert.deepEqual(await stored(visitor, watcher), { n: 2 })
    }),

    onSession('gives every save of one session its error in its own time', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      const visits = await Promise.all(Array.from({ length: 8 }, () => visitor.copy().open(server)))
      for (const { session } of visits) session.update('n', n => (n as number) + 1)
      server.probe.always('*', hang)
      const codes = visits.map(visit => answer(visit.end()).then(() => 'done', codeOf))
      assert.deepEqual(new Set(await Promise.all(codes)), new Set(['ERR_TIMEOUT']))
      server.probe.reset()
      assert.deepEqual(await stored(visitor, watcher), { n: 1 })
    }),

    onSession('gives ERR_TIMEOUT in time when the backend does not answer', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      server.probe.always('*', hang)
      await assert.rejects(answer(visitor.copy().open(server)), error => codeOf(error) === 'ERR_TIMEOUT')
      server.probe.reset()
      const code = await count(server, visitor, () => server.probe.always('*', hang))
      assert.equal(code, 'ERR_TIMEOUT')
      assert.deepEqual(await stored(visitor, watcher), { n: 1 })
      assert.equal(await count(server, visitor, () => {}), 'done', 'when the backend is back')
    }),

    onSession('does a save at most once that the backend does late', async rig => {
      const { server, watcher, visitor } = await scene(rig)
      const late = server.probe.pause('update')
      const code = await count(server, visitor, () => {})
      assert.ok(['ERR_TIMEOUT', 'ERR_OUTCOME_UNKNOWN', 'done'].includes(code), code)
      const again = await count(server, visitor, () => {})
      await late.reached()
      late.go()
      await late.done
      const { n } = await stored(visitor, watcher)
      const done = [code, again].filter(each => each === 'done').length
      assert.ok(
        (n as number) >= 1 + done && (n as number) <= 3,
        `counted to ${n} in two requests: ${code}, ${again}`,
      )
    }),
  ],
}
