import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession } from '../lib/rule.ts'
import type { Server } from '../lib/server.ts'
import type { Visitor } from '../lib/visitor.ts'

const reads = ['load', 'open']
const writes = ['create', 'update', 'extend', 'delete', 'seal']

/** Fails unless the server made so many round trips since the last time, and not one more. */
function assertCalls(server: Server, expected: { reads: number; writes: number }, what: string): void {
  const { probe } = server
  const actual = { reads: probe.count(...reads), writes: probe.count(...writes) }
  assert.deepEqual(
    actual,
    expected,
    `${what}: ${probe.calls.map(call => call.method).join(', ') || 'no calls'}`,
  )
  assert.equal(probe.count(), expected.reads + expected.writes, `${what}: other calls`)
  probe.reset()
}

async function returning(rig: Rig, server: Server): Promise<Visitor> {
  const visitor = rig.visitor()
  await visitor.visit(server, session => session.set('name', 'astaxie'))
  server.probe.reset()
  return visitor
}

/** How many round trips to the backend a request costs. */
export const budget: Group = {
  name: 'budget',
  rules: [
    onSession('asks nothing and stores nothing for a visitor who stores nothing', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      const visit = await visitor.visit(server, session => {
        session.get('name')
        session.delete('name')
        session.flush()
      })
      assert.deepEqual(visit.setCookies, [])
      assertCalls(server, { reads: 0, writes: 0 }, 'a new visitor')
    }),

    onSession('writes once for a new session with data', async rig => {
      const server = await rig.server()
      const visit = await rig.visitor().visit(server, session => {
        session.set('a', 1)
        session.set('b', 2)
      })
      assert.equal(visit.setCookies.length, 1)
      assertCalls(server, { reads: 0, writes: 1 }, 'a new session')
    }),

    onSession('reads once and writes nothing when nothing changed', async rig => {
      const server = await rig.server()
      const visitor = await returning(rig, server)
      const visit = await visitor.visit(server, session => session.get('name'))
      assert.deepEqual(visit.setCookies, [])
      assertCalls(server, { reads: 1, writes: 0 }, 'a returning visitor')
    }),

    onSession('reads once and writes once when something changed', async rig => {
      const server = await rig.server()
      const visitor = await returning(rig, server)
      await visitor.visit(server, session => {
        session.set('name', 'someone else')
        session.update('n', n => ((n as number) ?? 0) + 1)
        session.delete('x')
      })
      assertCalls(server, { reads: 1, writes: 1 }, 'a returning visitor who changes something')
    }),

    onSession('extends a session that is only read once per tenth of its lifetime', async rig => {
      const server = await rig.server({ maxLifetime: 1000 })
      const visitor = await returning(rig, server)
      for (const [seconds, written] of [
        [50, 0],
        [49, 0],
        [2, 1],
        [50, 0],
        [49, 0],
        [500, 1],
      ] as const) {
        rig.clock.advance(seconds * 1000)
        await visitor.visit(server, session => session.get('name'))
        assertCalls(server, { reads: 1, writes: written }, `another ${seconds} s later`)
      }
    }),

    onSession('asks nothing for a forged or malformed id', async rig => {
      const server = await rig.server()
      const visitor = await returning(rig, server)
      const sid = visitor.sid as string
      const [name] = visitor.cookie.split('=') as [string]
      const forged = [
        '',
        'x',
        sid.slice(1),
        sid.slice(0, 32),
        `${sid}0`,
        `${sid.slice(0, -1)}${sid.endsWith('0') ? '1' : '0'}`,
        sid.toUpperCase(),
        ...Array.from({ length: 20 }, () => randomBytes(32).toString('hex')),
      ].filter(each => each !== sid)
      for (const each of forged) {
        const attacker = rig.visitor()
        attacker.forge(name, each)
        const visit = await attacker.visit(server, session => assert.equal(session.isNew, true))
        assert.deepEqual(visit.setCookies, [])
      }
      assertCalls(server, { reads: 0, writes: 0 }, 'forged ids')
    }),

    onSession('makes three round trips for a login', async rig => {
      const server = await rig.server()
      const visitor = await returning(rig, server)
      await visitor.regenerate(server, session => session.set('role', 'admin'))
      assertCalls(server, { reads: 1, writes: 2 }, 'a login with a regenerated id')
    }),

    onSession('makes two round trips for a logout', async rig => {
      const server = await rig.server()
      const visitor = await returning(rig, server)
      await visitor.destroy(server)
      assertCalls(server, { reads: 1, writes: 1 }, 'a logout')
    }),
  ],
}
