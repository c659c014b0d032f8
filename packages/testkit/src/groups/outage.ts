import assert from 'node:assert/strict'
import { assertHolds, createLive, newData, newId } from '../lib/records.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

/** What the engine itself does when its backend is down: it says so, and never takes an outage for an answer. */
export const outage: Group = {
  name: 'outage',
  rules: [
    onStore(
      'throws while the backend is down, and goes on when it is back',
      async rig => {
        const store = await rig.store()
        const { id, data, token } = await createLive(store, rig.in(600))
        const goOn = await rig.backend.outage?.()
        const calls: [string, () => unknown][] = [
          ['load', () => store.load(id)],
          ['load of an unknown id', () => store.load(newId())],
          ['create', () => store.create(newId(), newData(), rig.in(60))],
          ['update', () => store.update(id, newData(), rig.in(60), token)],
          ['delete', () => store.delete(id)],
        ]
        if (store.extend) calls.push(['extend', () => store.extend?.(id, rig.in(60), token)])
        if (store.count) calls.push(['count', () => store.count?.(rig.clock.now())])
        for (const [name, call] of calls)
          await assert.rejects(async () => call(), `${name} must throw while the backend is down`)
        await goOn?.()
        assertHolds(await store.load(id), data, 'after the outage')
      },
      'outage',
    ),

    onSession(
      'turns an outage into a typed error, not into a lost session',
      async rig => {
        const server = await rig.server()
        const visitor = rig.visitor()
        await visitor.visit(server, session => session.set('name', 'astaxie'))
        const visit = await visitor.open(server)
        visit.session.set('name', 'someone else')
        const typed = { name: 'SessionError', code: /^ERR_(BACKEND|TIMEOUT|OUTCOME_UNKNOWN)$/ }
        const goOn = await rig.backend.outage?.()
        await assert.rejects(visitor.copy().open(server), typed)
        await assert.rejects(visit.end(), typed)
        await goOn?.()
        assert.deepEqual(await visitor.read(server, 'name'), { name: 'astaxie' }, 'after the outage')
      },
      'outage',
    ),
  ],
}
