import assert from 'node:assert/strict'
import fc from 'fast-check'
import { anyFailingRequests, anyRequests, type Requests } from '../lib/any-requests.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession } from '../lib/rule.ts'
import { checkRequests } from './interleavings.ts'

/** Requests of one session overlap, on several servers, and nothing is lost or undone. */
export const concurrency: Group = {
  name: 'concurrency',
  rules: [
    onSession('counts to a hundred in a hundred overlapping requests', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('n', 0))
      const visits = await Promise.all(
        Array.from({ length: 100 }, (_, i) => visitor.copy().open(i % 2 ? one : two)),
      )
      await Promise.all(
        visits.map(visit => {
          visit.session.update('n', n => (n as number) + 1)
          return visit.end()
        }),
      )
      assert.deepEqual(await visitor.read(one, 'n'), { n: 100 })
    }),

    onSession('keeps what overlapping requests set under different keys', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('a', 1))
      const [left, right] = [await visitor.copy().open(one), await visitor.copy().open(two)]
      left.session.set('left', 'kept')
      right.session.set('right', 'kept')
      right.session.delete('a')
      await left.end()
      await right.end()
      assert.deepEqual(await visitor.read(one, 'a', 'left', 'right'), { left: 'kept', right: 'kept' })
    }),

    onSession('lets the last release of a key win', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('a', 0))
      const [first, last] = [await visitor.copy().open(one), await visitor.copy().open(two)]
      last.session.set('a', 'set first, released last')
      first.session.set('a', 'set last, released first')
      await first.end()
      await last.end()
      assert.deepEqual(await visitor.read(one, 'a'), { a: 'set first, released last' })
    }),

    onSession('extends no session that was destroyed meanwhile', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const kept = visitor.copy()
      rig.clock.advance(1_000_000)
      const extension = two.probe.pause('extend', 'update')
      const reader = await kept.copy().open(two)
      await extension.reached()
      await visitor.destroy(one)
      extension.go()
      await reader.end()
      await two.settle()
      assert.deepEqual(await kept.read(one, 'name'), {})
    }),

    onSession('moves no session that was destroyed meanwhile to a new id', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const login = await visitor.copy().open(two)
      const [, kept] = [await visitor.copy().destroy(one), visitor.copy()]
      await login.regenerate()
      await login.end()
      const after = rig.visitor()
      after.accept(login.headers)
      assert.deepEqual(await after.read(one, 'name'), {}, 'under the new id')
      assert.deepEqual(await kept.read(one, 'name'), {}, 'under the old id')
    }),

    onSession('survives any interleaving of requests', rig => checkAny(rig, anyRequests)),

    onSession('survives any interleaving on a backend that fails and loses answers', rig =>
      checkAny(rig, anyFailingRequests),
    ),
  ],
}

async function checkAny(rig: Rig, requests: fc.Arbitrary<Requests>): Promise<void> {
  // Requests wait for their turn here, which is not the backend's fault.
  const options = { timeout: 60_000 }
  const servers = [await rig.server(options), await rig.server(options), await rig.server(options)]
  const isExplained = fc.asyncProperty(requests, each => checkRequests(rig, servers, each))
  await fc.assert(isExplained, rig.random(rig.subject.interleavings ?? 100))
}
