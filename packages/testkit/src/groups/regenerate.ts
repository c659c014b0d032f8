import assert from 'node:assert/strict'
import { type Group, onSession } from '../lib/rule.ts'

/** A regenerated id keeps the session, and the old id is dead from the moment the new one works. */
export const regenerate: Group = {
  name: 'regenerate',
  rules: [
    onSession('keeps the data, pending changes included, under a new id', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => {
        session.set('name', 'astaxie')
        session.set('n', 1)
      })
      const before = visitor.sid
      const login = await visitor.regenerate(one, session => {
        session.set('role', 'admin')
        session.update('n', n => (n as number) + 1)
        session.delete('name')
      })
      assert.equal(login.setCookies.length, 1)
      assert.notEqual(visitor.sid, before)
      assert.deepEqual(await visitor.read(two, 'name', 'n', 'role'), { n: 2, role: 'admin' })
    }),

    onSession('leaves nothing under the old id', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const old = visitor.copy()
      await visitor.regenerate(one)
      for (const server of [one, two])
        await old.copy().visit(server, session => {
          assert.equal(session.isNew, true)
          assert.equal(session.get('name'), undefined)
        })
      rig.clock.advance(120_000)
      assert.deepEqual(await old.read(two, 'name'), {}, 'when the tombstone has expired')
      assert.deepEqual(await visitor.read(two, 'name'), { name: 'astaxie' })
    }),

    onSession(
      'lets a late request with the old id neither see, change nor replace the session',
      async rig => {
        const [one, two] = [await rig.server(), await rig.server()]
        const visitor = rig.visitor()
        await visitor.visit(one, session => session.set('name', 'astaxie'))
        const old = visitor.copy()
        const slow = await old.copy().open(two)
        await visitor.regenerate(one, session => session.set('role', 'admin'))
        slow.session.set('name', 'the slow request')
        await slow.end()
        const late = await old.copy().visit(two, session => session.set('name', 'the late request'))
        const logout = await old.copy().destroy(two)
        for (const visit of [slow, late, logout])
          assert.deepEqual(
            visit.setCookies,
            [],
            'a response to a retired id must neither set nor clear a cookie',
          )
        assert.equal(two.told('dropped').length, 2, 'what is dropped is told by an event')
        assert.deepEqual(await visitor.read(two, 'name', 'role'), { name: 'astaxie', role: 'admin' })
      },
    ),

    onSession('lets a logout that was under way end nothing and clear no newer cookie', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const old = visitor.copy()
      const logout = await old.copy().open(two)
      await visitor.regenerate(one)
      await logout.destroy()
      assert.deepEqual(logout.setCookies, [], 'the logout must not clear the cookie of the login')
      assert.deepEqual(await visitor.read(two, 'name'), { name: 'astaxie' })
      const late = await old.copy().visit(two, session => session.set('name', 'the late request'))
      assert.deepEqual(late.setCookies, [], 'the logout has removed the trace of the old id')
    }),

    onSession('takes along what another request saved meanwhile', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('n', 1))
      const login = await visitor.open(one)
      login.session.set('role', 'admin')
      const swap = one.probe.pause('update')
      const regenerating = login.regenerate()
      regenerating.catch(() => {})
      await swap.reached()
      await visitor.copy().visit(two, session => session.update('n', n => (n as number) + 1))
      assert.deepEqual(
        await visitor.read(two, 'n', 'role'),
        { n: 2 },
        'before the swap the old session is whole',
      )
      swap.go()
      await regenerating
      await login.end()
      assert.deepEqual(await visitor.read(two, 'n', 'role'), { n: 2, role: 'admin' })
    }),

    onSession('gives way to a logout in the middle of it', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const old = visitor.copy()
      const login = await visitor.open(one)
      one.probe.reset()
      const swap = one.probe.pause('update')
      const regenerating = login.regenerate()
      regenerating.catch(() => {})
      await swap.reached()
      await old.copy().destroy(two)
      swap.go()
      await regenerating
      await login.end()
      const [created] = one.probe.calls.filter(call => call.method === 'create')
      const store = await rig.store()
      assert.equal(
        await store.load(created?.args[0] as string),
        undefined,
        'the new session outlived the logout',
      )
      assert.deepEqual(await visitor.read(two, 'name'), {})
      assert.deepEqual(await old.read(two, 'name'), {})
    }),
  ],
}
