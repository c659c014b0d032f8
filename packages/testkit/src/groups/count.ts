import assert from 'node:assert/strict'
import { TOMBSTONE_BYTES } from '@sess/core/engine'
import { createLive, newData } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** `count` gives the live sessions: neither expired records nor the tombstones of retired ids. */
export const count: Group = {
  name: 'count',
  rules: [
    onStore(
      'counts what is live, from every connection',
      async rig => {
        const [one, two] = [await rig.store(), await rig.store()]
        assert.equal(await one.count?.(rig.clock.now()), 0, 'an empty backend')
        const records = []
        for (let i = 0; i < 5; i++) records.push(await createLive(i % 2 ? one : two, rig.in(60)))
        assert.equal(await one.count?.(rig.clock.now()), 5)
        assert.equal(await two.count?.(rig.clock.now()), 5)
        await one.delete(records[0]?.id ?? '')
        assert.equal(await two.count?.(rig.clock.now()), 4, 'after a delete')
      },
      'count',
    ),

    onStore(
      'leaves out expired records that are still there',
      async rig => {
        const store = await rig.store()
        for (let i = 0; i < 3; i++) await createLive(store, rig.in(60))
        const { id } = await createLive(store, rig.in(600))
        const expiresAt = (await store.load(id))?.expiresAt ?? 0
        rig.clock.advance(120_000)
        assert.equal(await store.count?.(rig.clock.now()), 1)
        rig.clock.moveTo(expiresAt)
        assert.equal(await store.count?.(rig.clock.now()), 0, 'a record at its expiresAt is expired')
      },
      'count',
    ),

    onStore(
      'leaves out tombstones',
      async rig => {
        const store = await rig.store()
        await createLive(store, rig.in(60), newData(TOMBSTONE_BYTES + 1))
        const { id, token } = await createLive(store, rig.in(60))
        await createLive(store, rig.in(60), newData(TOMBSTONE_BYTES))
        assert.equal(await store.count?.(rig.clock.now()), 2)
        await store.update(id, newData(TOMBSTONE_BYTES), rig.in(60), token)
        assert.equal(await store.count?.(rig.clock.now()), 1, 'after a record became a tombstone')
      },
      'count',
    ),

    onSession(
      'gives getActiveSession its number',
      async rig => {
        const server = await rig.server()
        const visitors = [rig.visitor(), rig.visitor(), rig.visitor()]
        for (const visitor of visitors) await visitor.visit(server, sess => sess.set('name', 'astaxie'))
        assert.equal(await server.manager.getActiveSession(), 3)
        await visitors[0]?.regenerate(server)
        assert.equal(await server.manager.getActiveSession(), 3, 'after a regenerated id')
        await visitors[1]?.destroy(server)
        assert.equal(await server.manager.getActiveSession(), 2, 'after a logout')
        rig.clock.advance(7_200_000)
        assert.equal(await server.manager.getActiveSession(), 0, 'after all have expired')
      },
      'count',
    ),
  ],
}
