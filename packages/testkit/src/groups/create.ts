import assert from 'node:assert/strict'
import { allBytes, assertHolds, assertWritten, createLive, newData, newId } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** `create` inserts, and only where nothing live is. */
export const create: Group = {
  name: 'create',
  rules: [
    onStore('stores the very bytes, of every value and of any length', async rig => {
      const store = await rig.store()
      const other = await rig.store()
      for (const data of [allBytes(), newData(8), newData(13), newData(14), newData(4000), newData(60_000)]) {
        const { id } = await createLive(store, rig.in(60), data)
        assertHolds(await other.load(id), data, `${data.length} bytes, read on another connection`)
      }
    }),

    onStore('gives a token that the first update is done with', async rig => {
      const store = await rig.store()
      const { id, token } = await createLive(store, rig.in(60))
      const next = newData('changed')
      assertWritten(await store.update(id, next, rig.in(60), token), 'update with the token of create')
      assertHolds(await store.load(id), next, 'after the update')
    }),

    onStore('leaves a live record alone and says so', async rig => {
      const store = await rig.store()
      const { id, data } = await createLive(store, rig.in(60))
      const { expiresAt } = assertHolds(await store.load(id), data, 'before')
      const token = await (await rig.store()).create(id, newData('taken over'), rig.in(600))
      assert.equal(token, undefined, 'create of an id that is taken must give undefined')
      const after = assertHolds(await store.load(id), data, 'after a create of the same id')
      assert.equal(after.expiresAt, expiresAt, 'the expiry of the live record has changed')
    }),

    onStore('inserts where a record was deleted', async rig => {
      const store = await rig.store()
      const { id } = await createLive(store, rig.in(60))
      await store.delete(id)
      const data = newData('second life')
      assertWritten(await store.create(id, data, rig.in(60)), 'create where a record was deleted')
      assertHolds(await store.load(id), data, 'after the second create')
    }),

    onStore('lets one of many win', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      for (let round = 0; round < 5; round++) {
        const id = newId()
        const tries = Array.from({ length: 8 }, () => newData('one of eight'))
        const tokens = await Promise.all(
          tries.map(async (data, i) => (i % 2 ? two : one).create(id, data, rig.in(60))),
        )
        const won = tokens.flatMap((token, i) => (token === undefined ? [] : [i]))
        assert.equal(won.length, 1, `${won.length} of 8 concurrent creates of one id were told that they won`)
        const winner = tries[won[0] ?? 0]
        assert.ok(winner)
        assertHolds(await one.load(id), winner, 'after the race')
      }
    }),

    onSession('begins a session with the first value', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      const visit = await visitor.visit(server, session => {
        assert.equal(session.isNew, true)
        session.set('name', 'astaxie')
      })
      assert.equal(visit.setCookies.length, 1, 'the response that begins a session sets one cookie')
      const next = await visitor.visit(server, session => assert.equal(session.isNew, false))
      assert.equal(next.session.sessionID(), visit.session.sessionID())
      assert.equal(next.session.createdAt, rig.clock.now())
    }),
  ],
}
