import assert from 'node:assert/strict'
import { assertAbsent, assertHolds, createLive, newData, newId } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** `delete` ends one record for good. */
export const remove: Group = {
  name: 'delete',
  rules: [
    onStore('makes the record absent, on every connection', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id } = await createLive(one, rig.in(60))
      await two.delete(id)
      await assertAbsent(one, id, 'a deleted record must be absent')
      await assertAbsent(two, id, 'a deleted record must be absent')
    }),

    onStore('takes a missing record for deleted', async rig => {
      const store = await rig.store()
      const { id } = await createLive(store, rig.in(60))
      await store.delete(newId())
      await store.delete(id)
      await store.delete(id)
      await assertAbsent(store, id, 'deleted twice')
    }),

    onStore('with a token, deletes only the write that it is of', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, token } = await createLive(one, rig.in(60))
      const data = newData('newer')
      const newer = await two.update(id, data, rig.in(60), token)
      assert.ok(newer !== undefined)
      assert.equal(await one.delete(id, token), false, 'the record has changed since')
      assertHolds(await one.load(id), data, 'after a delete with an old token')
      assert.equal(await one.delete(id, newer), true)
      await assertAbsent(two, id, 'after a delete with its token')
      assert.equal(await one.delete(id, newer), false, 'there is nothing left to delete')
    }),

    onStore('with a token, races with an update of the same write, and one of them wins', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      for (let round = 0; round < 20; round++) {
        const { id, token } = await createLive(one, rig.in(60))
        const data = newData('racing')
        const remove = async () => one.delete(id, token)
        const update = async () => two.update(id, data, rig.in(60), token)
        const [first, second] = await Promise.all(round % 2 ? [remove(), update()] : [update(), remove()])
        const isDeleted = (round % 2 ? first : second) === true
        const isUpdated = (round % 2 ? second : first) !== undefined
        assert.notEqual(isDeleted, isUpdated, `deleted: ${isDeleted}, updated: ${isUpdated}`)
        if (isUpdated) assertHolds(await one.load(id), data, 'after an update that won')
        else await assertAbsent(two, id, 'after a delete that won')
      }
    }),

    onStore('touches no other record', async rig => {
      const store = await rig.store()
      const others = [await createLive(store, rig.in(60)), await createLive(store, rig.in(60))]
      const { id } = await createLive(store, rig.in(60))
      await store.delete(id)
      await store.delete(newId())
      for (const other of others) assertHolds(await store.load(other.id), other.data, 'another record')
    }),

    onStore('wins over every update that races with it', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      for (let round = 0; round < 20; round++) {
        const { id, token } = await createLive(one, rig.in(60))
        const racing = [
          async () => one.update(id, newData('racing'), rig.in(60), token),
          async () => two.delete(id),
        ]
        if (round % 2 === 1) racing.reverse()
        await Promise.all(racing.map(run => run()))
        await assertAbsent(one, id, 'after a delete that raced with an update')
      }
    }),

    onSession('ends the session and clears the cookie', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      await visitor.visit(server, session => session.set('name', 'astaxie'))
      const logout = await visitor.destroy(server)
      assert.equal(visitor.sid, undefined, 'the cookie must be cleared')
      assert.equal(logout.setCookies.length, 1)
      assert.throws(() => logout.session.set('name', 'again'), { code: 'ERR_SESSION_DESTROYED' })
    }),

    onSession('leaves nothing for whoever kept the cookie', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const thief = visitor.copy()
      await visitor.destroy(one)
      for (const server of [one, two])
        await thief.copy().visit(server, session => {
          assert.equal(session.isNew, true)
          assert.equal(session.get('name'), undefined)
        })
    }),

    onSession('is not undone by a request that was under way', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      const kept = visitor.copy()
      const slow = await visitor.copy().open(two)
      await visitor.destroy(one)
      slow.session.set('name', 'the slow request')
      await slow.end()
      assert.deepEqual(slow.setCookies, [], 'the late response must not set a cookie')
      assert.deepEqual(await kept.read(two, 'name'), {})
      assert.equal(two.told('dropped').length, 1, 'what is dropped is told by an event')
    }),
  ],
}
