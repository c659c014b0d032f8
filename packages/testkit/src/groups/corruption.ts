import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { assertWritten, createLive } from '../lib/records.ts'
import type { Rig } from '../lib/rig.ts'
import { type Group, onSession, onStore } from '../lib/rule.ts'

type Damage = (stored: Uint8Array) => Uint8Array

const cuts: readonly [string, Damage][] = [0, 0.1, 0.3, 0.5, 0.8, 0.95].map(part => [
  `cut to ${part * 100} %`,
  stored => stored.slice(0, Math.floor(stored.length * part)),
])

const others: readonly [string, Damage][] = [
  ['one byte short', stored => stored.slice(0, -1)],
  ['one byte longer', stored => Uint8Array.from([...stored, 0])],
  ['all zeros', stored => new Uint8Array(stored.length)],
  ['random bytes', stored => new Uint8Array(randomBytes(stored.length))],
  ['twice itself', stored => Uint8Array.from([...stored, ...stored])],
]

/** One bit changed, in so many places all over. */
const flips: readonly [string, Damage][] = Array.from({ length: 40 }, (_, i) => [
  `a bit flipped at ${i}/40`,
  stored => {
    const changed = Uint8Array.from(stored)
    const at = Math.floor((i / 40) * changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << (i % 8))
    return changed
  },
])

const damages = [...cuts, ...others, ...flips]

/** Damages a record behind the engine's back. */
async function tamper(rig: Rig, id: string, damage: Damage): Promise<void> {
  let isDone = false
  await rig.backend.tamper?.(id, stored => {
    isDone = true
    return damage(stored)
  })
  assert.ok(isDone, "the subject's tamper found nothing stored under an id that holds a record")
}

/** What visitors get of a session that was damaged in this way. */
async function readDamaged(
  rig: Rig,
  damage: Damage,
): Promise<{ isNew: boolean; name: unknown; list: unknown }> {
  const server = await rig.server()
  const visitor = rig.visitor()
  await visitor.visit(server, session => {
    session.set('name', 'astaxie')
    session.set('list', [1, new Date(5), 'three'])
  })
  await tamper(rig, server.manager.storageID(visitor.sid ?? ''), damage)
  const { session } = await visitor
    .copy()
    .visit(await rig.server(), sess => [sess.get('name'), sess.get('list')])
  const result = { isNew: session.isNew, name: session.get('name'), list: session.get('list') }
  // Whatever is stored there now, the visitor can have a session again.
  await visitor.visit(server, sess => sess.set('name', 'again'))
  assert.deepEqual(await visitor.read(server, 'name'), { name: 'again' }, 'after the damage')
  return result
}

/** Damaged bytes are no session, and never an exception. */
export const corruption: Group = {
  name: 'corruption',
  rules: [
    onStore(
      'loads damaged records without an exception, and can replace and delete them',
      async rig => {
        const store = await rig.store()
        for (const [what, damage] of damages) {
          const { id } = await createLive(store, rig.in(60))
          await tamper(rig, id, damage)
          const found = await store.load(id)
          if (found === undefined)
            assertWritten(
              await store.create(id, new Uint8Array(20), rig.in(60)),
              `create over a record ${what}`,
            )
          else assert.ok(found.data instanceof Uint8Array)
          await store.delete(id)
          assert.equal(await store.load(id), undefined, `a record ${what}, after its delete`)
        }
      },
      'tamper',
    ),

    onSession(
      'takes a torn session for none',
      async rig => {
        for (const [what, damage] of [...cuts, ...others]) {
          const { isNew, name } = await readDamaged(rig, damage)
          assert.deepEqual({ isNew, name }, { isNew: true, name: undefined }, what)
        }
      },
      'tamper',
    ),

    onSession(
      'gives all of a session or none after a flipped bit',
      async rig => {
        for (const [what, damage] of flips) {
          const { isNew, name, list } = await readDamaged(rig, damage)
          if (isNew) assert.equal(name, undefined, what)
          else assert.deepEqual({ name, list }, { name: 'astaxie', list: [1, new Date(5), 'three'] }, what)
        }
      },
      'tamper',
    ),
  ],
}
