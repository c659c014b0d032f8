import assert from 'node:assert/strict'
import { isSessionError } from '@sess/core/engine'
import { assertAbsent, assertHolds, assertWritten, createLive, newData, newId } from '../lib/records.ts'
import { Rig } from '../lib/rig.ts'
import { type Group, onProvider, onSession, onStore } from '../lib/rule.ts'

/** Ids as users of `Provider` may hand them; each has a neighbour that a careless backend takes for it. */
const strangeIds = [
  ['abc', 'ABC'],
  ['xsnkjklkjjkh27hjh78908', 'xsnkjklkjjkh27hjh78908 '],
  ['id', 'id\u0000'],
  ['caf\u00e9', 'cafe\u0301'],
  ['stra\u00dfe', 'strasse'],
  ['a%', 'ab'],
  ['a_c', 'abc2'],
  ['x/y', 'x\\y'],
  ['../escape', '..%2fescape'],
  ['', ' '],
  ['constructor', '__proto__'],
  [`${'9'.repeat(300)}a`, `${'9'.repeat(300)}b`],
] as const

/** No session touches another, and no reader another reader. */
export const isolation: Group = {
  name: 'isolation',
  rules: [
    onStore('keeps records apart whose ids differ by one character', async rig => {
      const store = await rig.store()
      const base = newId()
      const ids = [
        base,
        `${base.slice(0, -1)}${base.endsWith('0') ? '1' : '0'}`,
        `${base.startsWith('0') ? '1' : '0'}${base.slice(1)}`,
      ]
      const data = ids.map((_, i) => newData(`record ${i}`))
      for (const [i, id] of ids.entries())
        assertWritten(await store.create(id, data[i] as Uint8Array, rig.in(60)), `create of record ${i}`)
      for (const [i, id] of ids.entries())
        assertHolds(await store.load(id), data[i] as Uint8Array, `record ${i}`)
      await store.delete(base)
      await assertAbsent(store, base, 'the deleted record')
      assertHolds(
        await store.load(ids[1] as string),
        data[1] as Uint8Array,
        'the neighbour of a deleted record',
      )
    }),

    onStore('keeps strange ids apart or refuses them with ERR_INVALID_ID', async rig => {
      const store = await rig.store()
      for (const pair of strangeIds) {
        const kept: [string, Uint8Array][] = []
        for (const id of pair) {
          const data = newData(`of ${id}`)
          try {
            assertWritten(await store.create(id, data, rig.in(60)), `create of ${JSON.stringify(id)}`)
            kept.push([id, data])
          } catch (error) {
            if (!isSessionError(error, 'ERR_INVALID_ID')) throw error
            if (id.length > 3) assert.ok(!error.message.includes(id), 'the error shows the id')
            await assert.rejects(async () => store.load(id), { code: 'ERR_INVALID_ID' })
          }
        }
        for (const [id, data] of kept) assertHolds(await store.load(id), data, JSON.stringify(id))
      }
    }),

    onStore('gives no reader what another one may overwrite', async rig => {
      const store = await rig.store()
      const { id, data, token } = await createLive(store, rig.in(60), newData('at first'))
      const neighbour = await createLive(store, rig.in(60), newData('another visitor'))
      const stored = await store.load(id)
      const other = await store.load(neighbour.id)
      // Of the same length, so that it fits where the old data is.
      assertWritten(await store.update(id, newData('at last!'), rig.in(60), token), 'update')
      await store.load(id)
      assertHolds(stored, data, 'what was loaded before, after an update')
      assertHolds(other, neighbour.data, 'what was loaded before, after other loads')
    }),

    onProvider('shows no reader what another one has not released', async rig => {
      const provider = await rig.provider()
      const first = await provider.sessionRead('a1')
      first.set('name', 'stored')
      await first.sessionRelease()
      const [one, two] = [await provider.sessionRead('a1'), await provider.sessionRead('a1')]
      one.set('name', 'never released')
      one.set('other', 'never released')
      const three = await provider.sessionRead('a1')
      for (const [name, reader] of Object.entries({ 'another reader': two, 'a later reader': three })) {
        assert.equal(reader.get('name'), 'stored', `${name} sees a change that was not released`)
        assert.equal(reader.get('other') ?? undefined, undefined, `${name} sees a key that was not released`)
      }
    }),

    onProvider('gives no reader an alias of what another one reads', async rig => {
      const provider = await rig.provider()
      const first = await provider.sessionRead('a1')
      const list = ['stored']
      first.set('list', list)
      await first.sessionRelease()
      list.push('after the release')
      const [one, two] = [await provider.sessionRead('a1'), await provider.sessionRead('a1')]
      assert.deepEqual(one.get('list'), ['stored'], 'a value changed after it was released')
      ;(one.get('list') as string[]).push('never released')
      assert.deepEqual(two.get('list'), ['stored'], 'another reader sees a change that was not released')
    }),

    onSession('gives every visitor a session of their own', async rig => {
      const server = await rig.server()
      const visitors = Array.from({ length: 5 }, () => rig.visitor())
      await Promise.all(visitors.map((visitor, i) => visitor.visit(server, session => session.set('i', i))))
      for (const [i, visitor] of visitors.entries()) assert.deepEqual(await visitor.read(server, 'i'), { i })
      await visitors[0]?.destroy(server)
      for (const [i, visitor] of visitors.entries())
        assert.deepEqual(await visitor.read(server, 'i'), i === 0 ? {} : { i })
    }),

    onSession('shows nobody a change that was not saved', async rig => {
      const server = await rig.server()
      const visitor = rig.visitor()
      const bytes = Uint8Array.of(1, 2, 3)
      const saved = await visitor.visit(server, session => {
        session.set('list', ['stored'])
        session.set('bytes', bytes)
      })
      bytes.fill(9)
      ;(saved.session.get('list') as string[]).push('after the save')
      const reader = await visitor.open(server)
      assert.deepEqual(reader.session.get('list'), ['stored'])
      assert.deepEqual([...(reader.session.get('bytes') as Uint8Array)], [1, 2, 3])
      ;(reader.session.get('list') as string[]).push('not saved yet')
      ;(reader.session.get('bytes') as Uint8Array).fill(9)
      reader.session.set('name', 'not saved yet')
      assert.deepEqual(await visitor.read(server, 'list', 'name'), { list: ['stored'] })
      const again = await visitor.open(server)
      assert.deepEqual([...(again.session.get('bytes') as Uint8Array)], [1, 2, 3])
    }),

    onSession('adopts no id that it did not give out', async rig => {
      const server = await rig.server({ hashKey: '' })
      for (const made of ['f'.repeat(32), newId(), 'xsnkjklkjjkh27hjh78908', '../../etc/passwd', '']) {
        const attacker = rig.visitor()
        attacker.forge('beegosessionID', made)
        const victim = attacker.copy()
        await victim.visit(server, session => {
          assert.equal(session.isNew, true)
          session.set('secret', 'of the victim')
        })
        assert.notEqual(victim.sid, made, 'the made-up id became the session id')
        assert.deepEqual(await attacker.read(server, 'secret'), {}, 'the made-up id opens the session')
      }
    }),

    onSession('shares nothing with another backend', async rig => {
      const elsewhere = await Rig.open(rig.subject)
      try {
        const visitor = rig.visitor()
        await visitor.visit(await rig.server(), session => session.set('name', 'astaxie'))
        assert.deepEqual(await visitor.read(await elsewhere.server(), 'name'), {})
      } finally {
        await elsewhere.close()
      }
    }),
  ],
}
