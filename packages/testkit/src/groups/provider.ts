import assert from 'node:assert/strict'
import { isSessionError, type Provider } from '@sess/core/engine'
import { newId } from '../lib/records.ts'
import { type Group, onProvider } from '../lib/rule.ts'

/** Stores one value under `key`, as a request would. */
async function put(provider: Provider, sid: string, key: string, value: unknown): Promise<void> {
  const store = await provider.sessionRead(sid)
  store.set(key, value)
  await store.sessionRelease()
}

async function read(provider: Provider, sid: string, key: string): Promise<unknown> {
  return (await provider.sessionRead(sid)).get(key) ?? undefined
}

/** The seven methods of the original. */
export const provider: Group = {
  name: 'provider',
  rules: [
    onProvider('sessionRead gives an empty session for an unknown id, and does not begin it', async rig => {
      const [one, two] = [await rig.provider(), await rig.provider()]
      const sid = newId()
      const store = await one.sessionRead(sid)
      assert.equal(store.sessionID(), sid)
      assert.equal(store.get('name') ?? undefined, undefined)
      await store.sessionRelease()
      assert.equal(await two.sessionExist(sid), false, 'a session that was only read must not exist')
    }),

    onProvider('sessionRelease stores what was set, deleted and flushed', async rig => {
      const [one, two] = [await rig.provider(), await rig.provider()]
      const sid = newId()
      await put(one, sid, 'name', 'astaxie')
      assert.equal(await two.sessionExist(sid), true)
      const store = await two.sessionRead(sid)
      assert.equal(store.get('name'), 'astaxie')
      store.set('n', 1)
      store.delete('name')
      assert.equal(store.get('n'), 1, 'a change shows before it is released')
      assert.equal(store.get('name') ?? undefined, undefined, 'a change shows before it is released')
      await store.sessionRelease()
      assert.equal(await read(one, sid, 'n'), 1)
      assert.equal(await read(one, sid, 'name'), undefined)
      const flushed = await one.sessionRead(sid)
      flushed.flush()
      await flushed.sessionRelease()
      assert.equal(await read(two, sid, 'n'), undefined)
    }),

    onProvider('sessionRelease can be called again', async rig => {
      const own = await rig.provider()
      const sid = newId()
      const store = await own.sessionRead(sid)
      store.set('n', 1)
      await store.sessionRelease()
      await store.sessionRelease()
      store.set('n', 2)
      await store.sessionRelease()
      assert.equal(await read(own, sid, 'n'), 2)
    }),

    onProvider('sessionExist tells sessions from made-up ids', async rig => {
      const own = await rig.provider()
      const sid = newId()
      await put(own, sid, 'n', 1)
      assert.equal(await own.sessionExist(sid), true)
      assert.equal(await own.sessionExist(newId()), false)
    }),

    onProvider('sessionRegenerate moves the session and leaves nothing under the old id', async rig => {
      const [one, two] = [await rig.provider(), await rig.provider()]
      const [old, sid, other] = [newId(), newId(), newId()]
      await put(one, old, 'name', 'astaxie')
      await put(one, other, 'name', 'someone else')
      const moved = await one.sessionRegenerate(old, sid)
      assert.equal(moved.sessionID(), sid)
      assert.equal(moved.get('name'), 'astaxie')
      assert.equal(await two.sessionExist(old), false, 'the old id must be dead')
      assert.equal(await read(two, old, 'name'), undefined, 'the old id must be dead')
      assert.equal(await read(two, sid, 'name'), 'astaxie')
      moved.set('n', 1)
      await moved.sessionRelease()
      assert.equal(await read(two, sid, 'n'), 1)
      assert.equal(await two.sessionExist(old), false, 'the old id must stay dead')
      assert.equal(await read(two, other, 'name'), 'someone else')
    }),

    onProvider('sessionRegenerate gives an empty session when there is none', async rig => {
      const own = await rig.provider()
      const sid = newId()
      const store = await own.sessionRegenerate(newId(), sid)
      assert.equal(store.sessionID(), sid)
      assert.equal(store.get('name') ?? undefined, undefined)
      store.set('name', 'astaxie')
      await store.sessionRelease()
      assert.equal(await read(own, sid, 'name'), 'astaxie')
    }),

    onProvider('sessionDestroy ends one session, on every server', async rig => {
      const [one, two] = [await rig.provider(), await rig.provider()]
      const [sid, other] = [newId(), newId()]
      await put(one, sid, 'name', 'astaxie')
      await put(one, other, 'name', 'someone else')
      await two.sessionDestroy(sid)
      await two.sessionDestroy(sid)
      await two.sessionDestroy(newId())
      for (const each of [one, two]) {
        assert.equal(await each.sessionExist(sid), false)
        assert.equal(await read(each, sid, 'name'), undefined)
        assert.equal(await read(each, other, 'name'), 'someone else')
      }
    }),

    onProvider(
      'sessionRelease of a session that was destroyed meanwhile does not bring it back',
      async rig => {
        const [one, two] = [await rig.provider(), await rig.provider()]
        const sid = newId()
        await put(one, sid, 'name', 'astaxie')
        const slow = await one.sessionRead(sid)
        await two.sessionDestroy(sid)
        slow.set('name', 'the slow request')
        await slow.sessionRelease()
        assert.equal(await two.sessionExist(sid), false)
      },
    ),

    onProvider('ends sessions after maxLifetime, swept or not', async rig => {
      const own = await rig.provider({ maxLifetime: 600 })
      const [old, young] = [newId(), newId()]
      await put(own, old, 'n', 1)
      rig.clock.advance(400_000)
      await put(own, young, 'n', 2)
      rig.clock.advance(201_000)
      assert.equal(await own.sessionExist(old), false, 'an expired session must not exist')
      assert.equal(await read(own, old, 'n'), undefined, 'an expired session must read as empty')
      assert.equal(await own.sessionExist(young), true)
    }),

    onProvider('sessionGC reclaims expired sessions and no live one', async rig => {
      const own = await rig.provider({ maxLifetime: 600 })
      const [old, young] = [newId(), newId()]
      await put(own, old, 'n', 1)
      rig.clock.advance(400_000)
      await put(own, young, 'n', 2)
      rig.clock.advance(201_000)
      await own.sessionGC()
      assert.equal(await own.sessionExist(old), false)
      assert.equal(await read(own, young, 'n'), 2)
      await own.sessionGC()
      assert.equal(await read(own, young, 'n'), 2)
    }),

    onProvider('sessionAll counts the live sessions, or says that it cannot', async rig => {
      const own = await rig.provider({ maxLifetime: 600 })
      try {
        assert.equal(await own.sessionAll(), 0)
      } catch (error) {
        assert.ok(isSessionError(error, 'ERR_UNSUPPORTED'), `${error}`)
        return
      }
      const ids = [newId(), newId(), newId()] as const
      await put(own, ids[0], 'n', 1)
      await put(own, ids[1], 'n', 1)
      assert.equal(await own.sessionAll(), 2)
      await own.sessionDestroy(ids[0])
      assert.equal(await own.sessionAll(), 1, 'after a destroy')
      await own.sessionRegenerate(ids[1], ids[2])
      assert.equal(await own.sessionAll(), 1, 'after a regenerate')
      rig.clock.advance(601_000)
      assert.equal(await own.sessionAll(), 0, 'after all have expired')
    }),
  ],
}
