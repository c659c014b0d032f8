import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { isSessionError } from '@sess/core/engine'
import { assertHolds, createLive, newData } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** Beyond this no check makes data, whatever the engine says it holds. */
const ENOUGH = 16 * 1024 * 1024

/** What is too large is refused before it does harm. */
export const size: Group = {
  name: 'size',
  rules: [
    onStore(
      'holds as much as it says',
      async rig => {
        const store = await rig.store()
        const data = newData(Math.min(store.maxBytes ?? ENOUGH, ENOUGH))
        const { id } = await createLive(store, rig.in(60), data)
        assertHolds(await store.load(id), data, `${data.length} bytes`)
      },
      'maxBytes',
    ),

    onSession(
      'refuses a larger session before the backend is asked',
      async rig => {
        const server = await rig.server()
        const visitor = rig.visitor()
        await visitor.visit(server, session => session.set('name', 'astaxie'))
        const limit = (await rig.store()).maxBytes ?? 0
        if (limit > ENOUGH) return
        const visit = await visitor.open(server)
        visit.session.set('name', 'someone else')
        visit.session.set('large', 'x'.repeat(limit))
        server.probe.reset()
        await assert.rejects(visit.end(), { code: 'ERR_TOO_LARGE', limit })
        assert.equal(server.probe.count(), 0, 'calls to the backend')
        assert.deepEqual(visit.setCookies, [])
        assert.deepEqual(await visitor.read(server, 'name', 'large'), { name: 'astaxie' })
      },
      'maxBytes',
    ),

    onSession('keeps a large session whole or refuses it', async rig => {
      const server = await rig.server()
      for (const bytes of [70_000, 1_100_000, 2_200_000]) {
        const large = randomBytes(bytes / 2).toString('hex')
        const visitor = rig.visitor()
        await visitor.visit(server, session => session.set('name', 'astaxie'))
        const visit = await visitor.open(server)
        visit.session.set('large', large)
        try {
          await visit.end()
        } catch (error) {
          assert.ok(isSessionError(error, 'ERR_TOO_LARGE'), `a session of ${bytes} bytes: ${error}`)
          assert.ok(error.limit !== undefined, 'the error must name the limit')
          assert.deepEqual(
            await visitor.read(server, 'name', 'large'),
            { name: 'astaxie' },
            'what was stored before',
          )
          continue
        }
        const read = await visitor.read(server, 'name', 'large')
        assert.ok(
          read.name === 'astaxie' && read.large === large,
          `a session of ${bytes} bytes came back changed`,
        )
      }
    }),
  ],
}
