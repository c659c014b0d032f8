import assert from 'node:assert/strict'
import {
  assertAbsent,
  assertHolds,
  assertWritten,
  createLive,
  extendLife,
  newData,
  newId,
} from '../lib/records.ts'
import { type Group, onStore } from '../lib/rule.ts'

/** Extending a life (`extend`, or else `update` with the same data) is as safe as any other write. */
export const touch: Group = {
  name: 'touch',
  rules: [
    onStore('moves the expiry either way and keeps the data', async rig => {
      const store = await rig.store()
      const { id, data, token: first } = await createLive(store, rig.in(60))
      let token = first
      for (const seconds of [3600, 30, 7200]) {
        const expiresAt = rig.in(seconds)
        token = assertWritten(await extendLife(store, id, data, expiresAt, token), 'extension')
        const stored = assertHolds(await store.load(id), data, 'after the extension')
        rig.assertExpiryNear(stored.expiresAt, expiresAt)
      }
      rig.clock.advance(7_000_000)
      assertHolds(await store.load(id), data, 'within the extended life')
    }),

    onStore('gives a token that an update is done with', async rig => {
      const store = await rig.store()
      const { id, data, token } = await createLive(store, rig.in(60))
      const next = assertWritten(await extendLife(store, id, data, rig.in(600), token), 'extension')
      const changed = newData('changed')
      assertWritten(await store.update(id, changed, rig.in(600), next), 'update after an extension')
      assertHolds(await store.load(id), changed, 'after the update')
    }),

    onStore('refuses a token that another write has made stale', async rig => {
      const store = await rig.store()
      const { id, data, token } = await createLive(store, rig.in(60))
      const winner = newData('first come')
      assertWritten(await store.update(id, winner, rig.in(60), token), 'update')
      const { expiresAt } = assertHolds(await store.load(id), winner, 'before')
      const result = await extendLife(store, id, data, rig.in(3600), token)
      assert.equal(result, undefined, 'an extension with a stale token must give undefined')
      const after = assertHolds(await store.load(id), winner, 'after an extension with a stale token')
      assert.equal(after.expiresAt, expiresAt, 'an extension with a stale token was done')
    }),

    onStore('creates nothing where there is nothing', async rig => {
      const store = await rig.store()
      const { data, token } = await createLive(store, rig.in(60))
      const id = newId()
      assert.equal(await extendLife(store, id, data, rig.in(600), token), undefined)
      await assertAbsent(store, id, 'an extension must not create a record')
    }),

    onStore('does not bring a deleted record back', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, data, token } = await createLive(one, rig.in(60))
      await two.delete(id)
      assert.equal(await extendLife(one, id, data, rig.in(600), token), undefined)
      await assertAbsent(two, id, 'an extension must not bring a deleted record back')
    }),
  ],
}
