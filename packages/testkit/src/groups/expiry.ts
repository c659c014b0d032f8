import assert from 'node:assert/strict'
import { type Group, onSession } from '../lib/rule.ts'
import { recordExpiry } from './expiry-records.ts'

/** Sessions end when they should, by a moved clock. */
export const expiry: Group = {
  name: 'expiry',
  rules: [
    ...recordExpiry,

    onSession('ends an idle session at its moment, not before', async rig => {
      const server = await rig.server({ maxLifetime: 600 })
      const visitor = rig.visitor()
      const { session } = await visitor.visit(server, sess => sess.set('name', 'astaxie'))
      rig.assertExpiryNear(session.expiresAt, rig.in(600))
      rig.clock.moveTo(session.expiresAt - 1)
      await visitor.copy().visit(server, sess => {
        assert.equal(sess.get('name'), 'astaxie', 'a millisecond before its end')
      })
      // That request may have extended it.
      rig.clock.moveTo((await visitor.copy().open(server)).session.expiresAt + 1000)
      await visitor.visit(await rig.server({ maxLifetime: 600 }), sess => {
        assert.equal(sess.isNew, true, 'after its end')
        assert.equal(sess.get('name'), undefined)
      })
    }),

    onSession('lives on while it is used', async rig => {
      const server = await rig.server({ maxLifetime: 600 })
      const visitor = rig.visitor()
      await visitor.visit(server, session => session.set('name', 'astaxie'))
      for (let i = 0; i < 6; i++) {
        rig.clock.advance(400_000)
        const visit = await visitor.visit(server)
        assert.equal(visit.session.get('name'), 'astaxie', `after ${(i + 1) * 400} s of use every 400 s`)
      }
    }),

    onSession('gives a session the lifetime that it asks for', async rig => {
      const server = await rig.server({ maxLifetime: 6000 })
      const [short, usual] = [rig.visitor(), rig.visitor()]
      await short.visit(server, session => {
        session.set('name', 'short')
        session.setLifetime(600)
      })
      await usual.visit(server, session => session.set('name', 'usual'))
      rig.clock.advance(500_000)
      await short.visit(server, session => session.set('seen', 1))
      rig.clock.advance(500_000)
      assert.deepEqual(await short.read(server, 'name'), { name: 'short' }, 'a save keeps its own lifetime')
      rig.clock.advance(1_000_000)
      assert.deepEqual(await short.read(server, 'name'), {}, 'its own lifetime is over')
      assert.deepEqual(await usual.read(server, 'name'), { name: 'usual' })
    }),

    onSession('gives a session a longer lifetime than the usual', async rig => {
      const server = await rig.server({ maxLifetime: 600 })
      const visitor = rig.visitor()
      await visitor.visit(server, session => {
        session.set('name', 'remembered')
        session.setLifetime(86_400 * 60)
      })
      rig.clock.advance(86_400_000 * 50)
      assert.deepEqual(await visitor.read(server, 'name'), { name: 'remembered' })
    }),

    onSession('ends at the absolute lifetime, however much it is used', async rig => {
      const options = { maxLifetime: 600, absoluteLifetime: 1500 }
      const server = await rig.server(options)
      const visitor = rig.visitor()
      await visitor.visit(server, session => session.set('i', 0))
      for (const i of [1, 2, 3]) {
        rig.clock.advance(400_000)
        await visitor.visit(server, session => session.update('i', n => (n as number) + 1))
        assert.deepEqual(await visitor.read(server, 'i'), { i })
      }
      rig.clock.advance(302_000)
      assert.deepEqual(await visitor.read(server, 'i'), {}, 'after its absolute lifetime')
    }),

    onSession('is not undone by a request that was under way', async rig => {
      const [one, two] = [await rig.server({ maxLifetime: 600 }), await rig.server({ maxLifetime: 600 })]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const slow = await visitor.copy().open(two)
      rig.clock.advance(700_000)
      slow.session.set('name', 'the slow request')
      await slow.end()
      assert.deepEqual(await visitor.read(one, 'name'), {})
    }),
  ],
}
