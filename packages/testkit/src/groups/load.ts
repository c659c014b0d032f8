import assert from 'node:assert/strict'
import { REVISION_BYTES } from '@sess/core/engine'
import { assertAbsent, assertHolds, assertWritten, createLive, newData, newId } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** `load` gives the last write, whole, and changes nothing. */
export const load: Group = {
  name: 'load',
  rules: [
    onStore('gives undefined for an id that nobody created, and creates nothing', async rig => {
      const store = await rig.store()
      const id = newId()
      await assertAbsent(store, id, 'an unknown id must be absent')
      await assertAbsent(await rig.store(), id, 'the load of an unknown id must not create it')
      assertWritten(await store.create(id, newData(), rig.in(60)), 'create after loads of the same id')
    }),

    onStore('gives the last write, on every connection', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, data, token: first } = await createLive(one, rig.in(60))
      assertHolds(await two.load(id), data, 'after create')
      let token = first
      for (const size of [4000, 20, 9000]) {
        const next = newData(size)
        token = assertWritten(await one.update(id, next, rig.in(60), token), 'update')
        assertHolds(await two.load(id), next, `after an update to ${size} bytes`)
      }
    }),

    onStore('gives a token that an update is done with, to every reader', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id } = await createLive(one, rig.in(60))
      await one.load(id)
      const seen = await two.load(id)
      await one.load(id)
      assert.ok(seen)
      const next = newData('changed by the second reader')
      assertWritten(await two.update(id, next, rig.in(60), seen.token), 'update with the token of a load')
      assertHolds(await one.load(id), next, 'after the update')
    }),

    onStore('neither prolongs nor shortens a life', async rig => {
      const store = await rig.store()
      const { id, data } = await createLive(store, rig.in(60))
      const { expiresAt } = assertHolds(await store.load(id), data, 'at first')
      rig.clock.advance(30_000)
      const later = assertHolds(await store.load(id), data, 'half a life later')
      assert.equal(later.expiresAt, expiresAt)
    }),

    onStore('never gives a record that is half one write and half another', async rig => {
      const [writer, reader] = [await rig.store(), await rig.store()]
      const filled = (byte: number) => newData(REVISION_BYTES + 20_000).fill(byte, REVISION_BYTES)
      const { id, token: first } = await createLive(writer, rig.in(60), filled(0))
      let token = first
      let writing = true
      const read = async () => {
        for (let reads = 0; writing || reads === 0; reads++) {
          const record = await reader.load(id)
          assert.ok(record, 'absent while it is overwritten')
          assert.equal(record.data.length, REVISION_BYTES + 20_000, 'torn: wrong length')
          const byte = record.data[REVISION_BYTES]
          assert.ok(
            record.data.subarray(REVISION_BYTES).every(each => each === byte),
            'torn: two writes mixed',
          )
          await new Promise(resolve => setImmediate(resolve))
        }
      }
      const write = async () => {
        try {
          for (let byte = 1; byte <= 30; byte++) {
            token = assertWritten(await writer.update(id, filled(byte), rig.in(60), token), 'update')
            await new Promise(resolve => setImmediate(resolve))
          }
        } finally {
          writing = false
        }
      }
      await Promise.all([write(), read(), read()])
    }),

    onSession('shows every server what one of them saved', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      for (let i = 0; i < 6; i++) {
        await visitor.visit(i % 2 ? one : two, session => session.set('i', i))
        for (const server of [one, two]) assert.deepEqual(await visitor.read(server, 'i'), { i })
      }
    }),
  ],
}
