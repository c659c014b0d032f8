import assert from 'node:assert/strict'
import type { Session } from '@sess/core'
import {
  assertAbsent,
  assertHolds,
  assertWritten,
  createLive,
  extendLife,
  newData,
  newId,
} from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** `update` replaces the very write that its token names, and never creates. */
export const save: Group = {
  name: 'save',
  rules: [
    onStore('replaces data and expiry and gives the next token', async rig => {
      const store = await rig.store()
      const { id, token: first } = await createLive(store, rig.in(60))
      let token = first
      for (const seconds of [600, 30, 3600]) {
        const data = newData(`for ${seconds} seconds`)
        const expiresAt = rig.in(seconds)
        token = assertWritten(await store.update(id, data, expiresAt, token), 'update with the last token')
        const stored = assertHolds(await store.load(id), data, 'after the update')
        rig.assertExpiryNear(stored.expiresAt, expiresAt)
      }
    }),

    onStore('refuses a token that another write has made stale', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, token } = await createLive(one, rig.in(60))
      const seen = await two.load(id)
      assert.ok(seen)
      const winner = newData('first come')
      assertWritten(await one.update(id, winner, rig.in(60), token), 'the first update')
      for (const stale of [token, seen.token]) {
        const result = await two.update(id, newData('too late'), rig.in(600), stale)
        assert.equal(result, undefined, 'an update with a stale token must give undefined')
        assertHolds(await one.load(id), winner, 'after an update with a stale token')
      }
    }),

    onStore('keeps old tokens stale after the life was extended', async rig => {
      const store = await rig.store()
      const { id, token: stale } = await createLive(store, rig.in(60))
      const data = newData('the second write')
      const token = assertWritten(await store.update(id, data, rig.in(60), stale), 'update')
      assertWritten(await extendLife(store, id, data, rig.in(600), token), 'extension')
      const result = await store.update(id, newData('too late'), rig.in(600), stale)
      assert.equal(result, undefined, 'a stale token must stay stale when the life is extended')
      assertHolds(await store.load(id), data, 'after an update with a stale token')
    }),

    onStore('creates nothing where there is nothing', async rig => {
      const store = await rig.store()
      const other = await createLive(store, rig.in(60))
      const id = newId()
      const result = await store.update(id, newData('out of nothing'), rig.in(60), other.token)
      assert.equal(result, undefined, 'an update of an unknown id must give undefined')
      await assertAbsent(store, id, 'an update must not create a record')
    }),

    onStore('does not bring a deleted record back', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, token } = await createLive(one, rig.in(60))
      await two.delete(id)
      const result = await one.update(id, newData('resurrected'), rig.in(60), token)
      assert.equal(result, undefined, 'an update of a deleted record must give undefined')
      await assertAbsent(one, id, 'an update must not bring a deleted record back')
      await assertAbsent(two, id, 'an update must not bring a deleted record back')
    }),

    onStore('refuses the token of a deleted record on the one created in its place', async rig => {
      const store = await rig.store()
      const { id, token } = await createLive(store, rig.in(60))
      await store.delete(id)
      const data = newData('second life')
      assertWritten(await store.create(id, data, rig.in(60)), 'create after delete')
      const result = await store.update(id, newData('of the first life'), rig.in(60), token)
      assert.equal(result, undefined, 'a token of the first life must not open the second')
      assertHolds(await store.load(id), data, 'after an update with a token of the first life')
    }),

    onStore('lets one of many win', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      for (let round = 0; round < 5; round++) {
        const first = await createLive(one, rig.in(60))
        const tries = Array.from({ length: 8 }, () => newData('one of eight'))
        const tokens = await Promise.all(
          tries.map(async (data, i) => (i % 2 ? two : one).update(first.id, data, rig.in(60), first.token)),
        )
        const won = tokens.flatMap((token, i) => (token === undefined ? [] : [i]))
        assert.equal(
          won.length,
          1,
          `${won.length} of 8 concurrent swaps of one write were told that they won`,
        )
        const winner = tries[won[0] ?? 0]
        assert.ok(winner)
        assertHolds(await one.load(first.id), winner, 'after the race')
      }
    }),

    onSession('saves what a request sets, deletes, flushes and updates', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      const steps: [(session: Session) => unknown, Record<string, unknown>][] = [
        [session => session.set('a', 1), { a: 1 }],
        [session => session.set('b', ['x'.repeat(3500)]), { a: 1, b: ['x'.repeat(3500)] }],
        [
          session => {
            session.update('a', value => (value as number) + 1)
            session.delete('b')
          },
          { a: 2 },
        ],
        [session => session.set('c', 'long gone'), { a: 2, c: 'long gone' }],
        [session => session.flush(), {}],
        [session => session.set('d', 4), { d: 4 }],
      ]
      for (const [change, expected] of steps) {
        await visitor.visit(server, change)
        assert.deepEqual(await visitor.read(server, 'a', 'b', 'c', 'd'), expected)
      }
    }),
  ],
}
