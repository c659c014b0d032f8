import assert from 'node:assert/strict'
import { inTime } from '../lib/in-time.ts'
import { leftBehind } from '../lib/leaks.ts'
import { hang } from '../lib/probe.ts'
import { assertHolds, createLive, newData } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** As long as a call may take while a sweep hangs, and as long as closing may take at most, in ms. */
const timeout = 300
const patience = 10_000

/** What is closed lets go of all that it had, and of nothing else. */
export const close: Group = {
  name: 'close',
  rules: [
    onStore('closes its own connection only', async rig => {
      const [one, two] = [await rig.store(), await rig.store()]
      const { id, data, token } = await createLive(one, rig.in(60))
      await one.close?.()
      assertHolds(await two.load(id), data, 'on another connection')
      assert.ok(await two.update(id, newData(), rig.in(60), token), 'an update on another connection')
    }),

    onStore('closes without an error, used or not', async rig => {
      await (await rig.store()).close?.()
      const used = await rig.store()
      await createLive(used, rig.in(60))
      await used.close?.()
    }),

    onSession('closes a manager once, however often it is told to', async rig => {
      const server = await rig.server()
      await rig.visitor().visit(server, session => session.set('name', 'astaxie'))
      await Promise.all([server.manager.close(), server.manager.close()])
      await server.manager.close()
    }),

    onSession(
      'closes in time while a sweep hangs',
      async rig => {
        const server = await rig.server({ timeout })
        server.probe.always(server.kind === 'provider' ? 'sessionGC' : 'sweep', hang)
        void server.manager.gc()
        await inTime(server.manager.close(), patience, 'the sweep is waited for')
      },
      'sweep',
    ),

    onSession('refuses with ERR_CLOSED what comes after', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      await visitor.visit(server, session => session.set('name', 'astaxie'))
      await server.manager.close()
      await assert.rejects(visitor.open(server), { code: 'ERR_CLOSED' })
      await assert.rejects(server.manager.getActiveSession(), { code: 'ERR_CLOSED' })
      await assert.rejects(server.manager.ping(), { code: 'ERR_CLOSED' })
    }),

    onSession('leaves the sessions to the other servers', async rig => {
      const [one, two] = [await rig.server(), await rig.server()]
      const visitor = rig.visitor()
      await visitor.visit(one, session => session.set('name', 'astaxie'))
      await one.manager.close()
      assert.deepEqual(await visitor.read(two, 'name'), { name: 'astaxie' })
    }),

    onSession('leaves no timer and no handle behind', async rig => {
      const left = await leftBehind(async () => {
        const server = await rig.server({ sweepEvery: 3600 })
        const visitor = rig.visitor()
        await server.manager.gc()
        await visitor.visit(server, session => session.set('name', 'astaxie'))
        await visitor.regenerate(server)
        rig.clock.advance(1_000_000)
        await visitor.visit(server)
        await visitor.destroy(server)
        await server.manager.close()
      })
      assert.deepEqual(left, [], 'timers and handles that are still there after close()')
    }),
  ],
}
