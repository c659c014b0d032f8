import assert from 'node:assert/strict'
import { TOMBSTONE_BYTES } from '@sess/core/engine'
import { assertHolds, createLive, newData } from '../lib/records.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onStore } from '../lib/rule.ts'

/** Live ones between expired ones, so that a sweep which takes its neighbours shows. */
async function mixed(rig: Rig, expired: number): Promise<{ id: string; data: Uint8Array }[]> {
  const store = await rig.store()
  const live = []
  for (let i = 0; i < expired; i++) {
    await createLive(store, rig.in(60))
    live.push(await createLive(store, rig.in(6000)))
  }
  rig.clock.advance(120_000)
  return live
}

/** `sweep` reclaims space, and nothing but space. */
export const sweep: Group = {
  name: 'sweep',
  rules: [
    onStore(
      'reclaims what has expired and leaves what lives',
      async rig => {
        const store = await rig.store()
        const live = await mixed(rig, 5)
        assert.equal(await store.sweep?.(rig.clock.now(), 100), 5, 'the number of records reclaimed')
        for (const { id, data } of live)
          assertHolds(await store.load(id), data, 'a live record after a sweep')
        assert.equal(await store.sweep?.(rig.clock.now(), 100), 0, 'a second sweep must find nothing')
      },
      'sweep',
    ),

    onStore(
      'reclaims at most as many as it was told, and the rest next time',
      async rig => {
        const store = await rig.store()
        await mixed(rig, 7)
        const batches = []
        for (let i = 0; i < 4; i++) batches.push(await store.sweep?.(rig.clock.now(), 3))
        assert.deepEqual(batches, [3, 3, 1, 0], 'four sweeps with a limit of 3 over 7 expired records')
      },
      'sweep',
    ),

    onStore(
      'goes by the moment it is given',
      async rig => {
        const store = await rig.store()
        const { id } = await createLive(store, rig.in(60))
        const expiresAt = (await store.load(id))?.expiresAt ?? 0
        assert.equal(await store.sweep?.(expiresAt - 1, 100), 0, 'a millisecond before its expiresAt')
        assert.ok(await store.load(id), 'the record was swept a millisecond early')
        rig.clock.moveTo(expiresAt)
        assert.equal(await store.sweep?.(expiresAt, 100), 1, 'at its expiresAt')
      },
      'sweep',
    ),

    onStore(
      'reclaims tombstones',
      async rig => {
        const store = await rig.store()
        await createLive(store, rig.in(60), newData(TOMBSTONE_BYTES))
        rig.clock.advance(120_000)
        assert.equal(await store.sweep?.(rig.clock.now(), 100), 1)
      },
      'sweep',
    ),

    onStore(
      'counts no record twice when several sweep at once',
      async rig => {
        const [one, two] = [await rig.store(), await rig.store()]
        const live = await mixed(rig, 20)
        const now = rig.clock.now()
        const first = await Promise.all(
          [one, two, one, two].map(async store => (await store.sweep?.(now, 100)) ?? 0),
        )
        const second = (await one.sweep?.(now, 100)) ?? 0
        const total = [...first, second].reduce((sum, each) => sum + each, 0)
        assert.equal(total, 20, `reclaimed ${first.join(' + ')} at once and ${second} after, of 20`)
        for (const { id, data } of live)
          assertHolds(await two.load(id), data, 'a live record after the sweeps')
      },
      'sweep',
    ),

    onStore(
      'frees the space',
      async rig => {
        const store = await rig.store()
        const weight = async () => {
          let bytes = 0
          for (const part of (await rig.backend.dump?.()) ?? []) bytes += part.length
          return bytes
        }
        for (let i = 0; i < 10; i++) await createLive(store, rig.in(60), newData(5000))
        const full = await weight()
        rig.clock.advance(120_000)
        await store.sweep?.(rig.clock.now(), 100)
        const swept = await weight()
        assert.ok(full >= 50_000, `the dump holds ${full} bytes of 50000: it leaves out contents`)
        assert.ok(swept < full / 10, `${swept} of ${full} bytes are left after the sweep`)
      },
      'sweep',
      'dump',
    ),
  ],
}
