import assert from 'node:assert/strict'
import { assertAbsent, assertHolds, assertWritten, createLive, extendLife, newData } from '../lib/records.ts'
import { onStore, type Rule } from '../lib/rule.ts'

/** A record ends at its own `expiresAt`, reclaimed or not. */
export const recordExpiry: readonly Rule[] = [
  onStore('keeps the moment it was given, or rounds it up by less than a second', async rig => {
    const store = await rig.store()
    for (const seconds of [1, 59.999, 60.001, 3600.4321]) {
      const expiresAt = Math.floor(rig.in(seconds))
      const { id, data } = await createLive(store, expiresAt)
      const stored = assertHolds(await store.load(id), data, `with a life of ${seconds} s`)
      rig.assertExpiry(stored.expiresAt, expiresAt)
    }
  }),

  onStore('ends a record at its moment, not before', async rig => {
    const store = await rig.store()
    const { id, data } = await createLive(store, rig.in(60))
    const { expiresAt } = assertHolds(await store.load(id), data, 'at first')
    rig.clock.moveTo(expiresAt - 1)
    assertHolds(await store.load(id), data, 'a millisecond before its expiresAt')
    rig.clock.moveTo(expiresAt)
    await assertAbsent(store, id, 'a record must be absent at its expiresAt')
    await assertAbsent(await rig.store(), id, 'a record must be absent at its expiresAt')
    rig.clock.advance(3_600_000)
    await assertAbsent(store, id, 'a record must be absent an hour after its expiresAt')
  }),

  onStore('goes by the expiry of each record', async rig => {
    const store = await rig.store()
    const short = await createLive(store, rig.in(60))
    const long = await createLive(store, rig.in(6000))
    rig.clock.advance(120_000)
    await assertAbsent(store, short.id, 'the short life must be over')
    assertHolds(await store.load(long.id), long.data, 'the long life')
  }),

  onStore('holds a life of ten years', async rig => {
    const store = await rig.store()
    const expiresAt = rig.in(10 * 365 * 86_400)
    const { id, data } = await createLive(store, expiresAt)
    const stored = assertHolds(await store.load(id), data, 'with a life of ten years')
    rig.assertExpiryNear(stored.expiresAt, expiresAt)
    rig.clock.advance(9 * 365 * 86_400_000)
    assertHolds(await store.load(id), data, 'nine years later')
  }),

  onStore('refuses to update an expired record', async rig => {
    const store = await rig.store()
    const { id, token } = await createLive(store, rig.in(60))
    rig.clock.advance(120_000)
    const result = await store.update(id, newData('too late'), rig.in(600), token)
    assert.equal(result, undefined, 'an update of an expired record must give undefined')
    await assertAbsent(store, id, 'an update must not bring an expired record back')
  }),

  onStore('refuses to extend an expired record', async rig => {
    const store = await rig.store()
    const { id, data, token } = await createLive(store, rig.in(60))
    rig.clock.advance(120_000)
    const result = await extendLife(store, id, data, rig.in(600), token)
    assert.equal(result, undefined, 'an extension of an expired record must give undefined')
    await assertAbsent(store, id, 'an extension must not bring an expired record back')
  }),

  onStore('has no expired record to delete', async rig => {
    const store = await rig.store()
    const { id, token } = await createLive(store, rig.in(60))
    rig.clock.advance(120_000)
    assert.equal(await store.delete(id, token), false, 'with its token')
    assert.equal(await store.delete(id), false, 'without one')
  }),

  onStore('creates over an expired record', async rig => {
    const store = await rig.store()
    const first = await createLive(store, rig.in(60))
    rig.clock.advance(120_000)
    const data = newData('second life')
    const token = assertWritten(
      await store.create(first.id, data, rig.in(60)),
      'create over an expired record',
    )
    assertHolds(await store.load(first.id), data, 'after the second create')
    const result = await store.update(first.id, newData('of the first life'), rig.in(60), first.token)
    assert.equal(result, undefined, 'a token of the first life must not open the second')
    assertWritten(await store.update(first.id, newData(), rig.in(60), token), 'update of the second life')
  }),
]
