import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeTombstone } from '../src/lib/codec/record.ts'
import { MemoryStore } from '../src/lib/memory-store.ts'
import { StillClock } from './support/clock.ts'
import { recordOf } from './support/entries.ts'

const SECOND = 1000
const bytes = (text = 'value') => recordOf([['key', `'${text}`]])
const idOf = (i: number) => createHash('sha256').update(String(i)).digest('hex')

function setUp({ maxSessions }: { maxSessions?: number } = {}) {
  const clock = new StillClock()
  const store = new MemoryStore(maxSessions === undefined ? { clock } : { clock, maxSessions })
  const create = (id: string, seconds = 60) => store.create(id, bytes(), clock.now() + seconds * SECOND)
  const live = (ids: readonly string[]) => ids.filter(id => store.load(id) !== undefined)
  return { clock, store, create, live }
}

describe('records', () => {
  test('are copies, on the way in and on the way out', () => {
    const { clock, store } = setUp()
    const data = bytes()
    const original = Buffer.from(data)
    store.create('a', data, clock.now() + SECOND)
    data.fill(0)
    const read = store.load('a')?.data as Uint8Array
    expect(original.equals(read)).toBe(true)
    read.fill(0)
    expect(original.equals(store.load('a')?.data as Uint8Array)).toBe(true)
  })

  test('hold any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), data => {
        const { clock, store } = setUp()
        store.create('a', data, clock.now() + SECOND)
        expect(Buffer.from(data).equals(store.load('a')?.data as Uint8Array)).toBe(true)
      }),
    )
  })

  test.each(['__proto__', 'constructor', 'a', 'ü', '', 'x'.repeat(10_000)])('may have the id %j', id => {
    const { store, create } = setUp()
    expect(store.load(id)).toBeUndefined()
    create(id)
    expect(store.load(id)).toBeDefined()
    store.delete(id)
    expect(store.load(id)).toBeUndefined()
  })

  test('are swapped by the token of the last write only', () => {
    const { clock, store, create } = setUp()
    const end = clock.now() + 60 * SECOND
    const first = create('a') as string
    const second = store.update('a', bytes('new'), end, first) as string
    expect(second).toBeDefined()
    expect(store.update('a', bytes('late'), end, first)).toBeUndefined()
    expect(store.extend('a', end + 1, first)).toBeUndefined()
    expect(store.load('a')).toMatchObject({ expiresAt: end, token: second })
    expect(store.extend('a', end + 5, second)).toBe(second)
    expect(store.load('a')).toMatchObject({ expiresAt: end + 5, token: second })
    store.delete('a')
    expect(store.update('a', bytes(), end, second)).toBeUndefined()
    expect(store.extend('a', end, second)).toBeUndefined()
    create('a')
    expect(store.update('a', bytes(), end, second)).toBeUndefined()
  })

  test('that are expired are absent to every method, and their id is free', () => {
    const { clock, store, create } = setUp()
    const token = create('a', 10) as string
    expect(create('a')).toBeUndefined()
    clock.advance(10 * SECOND - 1)
    expect(store.load('a')).toBeDefined()
    clock.advance(1)
    expect(store.load('a')).toBeUndefined()
    expect(store.update('a', bytes(), clock.now() + SECOND, token)).toBeUndefined()
    expect(store.extend('a', clock.now() + SECOND, token)).toBeUndefined()
    expect(create('a')).toBeDefined()
    expect(store.load('a')).toBeDefined()
  })
})

describe('maxSessions', () => {
  test('one more drops the one that was idle longest', () => {
    const { create, live, store } = setUp({ maxSessions: 3 })
    for (const id of ['a', 'b', 'c']) create(id)
    store.load('a')
    create('d')
    expect(live(['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd'])
    create('e')
    expect(live(['a', 'c', 'd', 'e'])).toEqual(['c', 'd', 'e'])
  })

  test('replacing an expired session, or failing to create one, drops none', () => {
    const { clock, create, live } = setUp({ maxSessions: 2 })
    create('a', 100)
    create('b', 1)
    expect(create('a')).toBeUndefined()
    clock.advance(5 * SECOND)
    create('b')
    expect(live(['a', 'b'])).toEqual(['a', 'b'])
  })

  test('what is deleted or swept makes room', async () => {
    const { clock, create, live, store } = setUp({ maxSessions: 3 })
    create('a', 100)
    create('b', 1)
    create('c', 100)
    store.delete('c')
    create('d', 100)
    expect(live(['a', 'b', 'd'])).toEqual(['a', 'b', 'd'])
    clock.advance(5 * SECOND)
    expect(await store.sweep(clock.now(), 10)).toBe(1)
    create('e')
    expect(live(['a', 'd', 'e'])).toEqual(['a', 'd', 'e'])
  })

  test('holds whatever is done, and drops in the order of use', () => {
    const id = fc.nat(12).map(String)
    const step = fc.tuple(fc.constantFrom('create', 'load', 'delete'), id)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.array(step, { maxLength: 60 }), (maxSessions, steps) => {
        const { create, store } = setUp({ maxSessions })
        let used: string[] = []
        for (const [what, id] of steps) {
          const known = used.includes(id)
          if (what === 'create') {
            expect(create(id) === undefined).toBe(known)
            if (!known) used = [...used.slice(used.length === maxSessions ? 1 : 0), id]
          } else if (what === 'delete') {
            store.delete(id)
            used = used.filter(other => other !== id)
          } else {
            expect(store.load(id) !== undefined).toBe(known)
            if (known) used = [...used.filter(other => other !== id), id]
          }
        }
        for (const id of Array.from({ length: 13 }, (_, i) => String(i)))
          expect(store.load(id) !== undefined).toBe(used.includes(id))
      }),
      { numRuns: 500 },
    )
  })
})

describe('counting', () => {
  test('counts what is live and no tombstone', async () => {
    const { clock, store, create } = setUp()
    for (let i = 0; i < 50; i++) create(idOf(i), i < 20 ? 1 : 100)
    store.create('tombstone', encodeTombstone(), clock.now() + 100 * SECOND)
    expect(await store.count(clock.now())).toBe(50)
    clock.advance(SECOND)
    expect(await store.count(clock.now())).toBe(30)
  })
})

describe('sweeping', () => {
  test('reclaims what is expired, tombstones too, and nothing else', async () => {
    const { clock, store, create, live } = setUp()
    const ids = Array.from({ length: 100 }, (_, i) => idOf(i))
    ids.forEach((id, i) => void create(id, i % 2 ? 1 : 100))
    store.create('tombstone', encodeTombstone(), clock.now() + SECOND)
    clock.advance(SECOND)
    expect(await store.sweep(clock.now(), 1000)).toBe(51)
    expect(await store.sweep(clock.now(), 1000)).toBe(0)
    expect(live(ids)).toEqual(ids.filter((_, i) => i % 2 === 0))
  })

  test('goes in batches of the limit; fewer means that none is left', async () => {
    const { clock, store, create } = setUp()
    for (let i = 0; i < 250; i++) create(idOf(i), 1)
    clock.advance(SECOND)
    const batches = []
    for (let swept = 100; swept === 100; batches.push(swept)) swept = await store.sweep(clock.now(), 100)
    expect(batches).toEqual([100, 100, 50])
  })

  test('has other work in between, and finds what that leaves behind', async () => {
    const { clock, store, create } = setUp()
    for (let i = 0; i < 20_000; i++) create(idOf(i), i % 2 ? 1 : 100)
    clock.advance(SECOND)
    let turns = 0
    let isSweeping = true
    const work = (async () => {
      for (let i = 0; isSweeping; turns++, i += 2) {
        store.delete(idOf(i + 1))
        store.delete(idOf(i))
        create(`new ${i}`)
        await new Promise(setImmediate)
      }
    })()
    for (let swept = 100; swept === 100; ) swept = await store.sweep(clock.now(), 100)
    isSweeping = false
    await work
    expect(turns).toBeGreaterThan(50)
    expect(await store.sweep(clock.now(), 100)).toBe(0)
    expect(await store.count(clock.now())).toBe(10_000)
  })
})
