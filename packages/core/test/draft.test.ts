import { describe, expect, test } from 'vitest'
import { Draft } from '../src/lib/draft.ts'
import { applyPatch } from '../src/lib/patch.ts'
import { dataOf, entriesOf, saved } from './support/entries.ts'

const ERR_VALUE = expect.objectContaining({ code: 'ERR_VALUE' })

describe('reading', () => {
  test('gives what is stored, and undefined for what is not', () => {
    const draft = new Draft(entriesOf({ a: 1, none: undefined, zero: null }))
    expect(draft.get('a')).toBe(1)
    expect(draft.get('b')).toBeUndefined()
    expect(draft.get('none')).toBeUndefined()
    expect([draft.has('a'), draft.has('b'), draft.has('none'), draft.has('zero')]).toEqual([
      true,
      false,
      true,
      true,
    ])
    expect(draft.isChanged()).toBe(false)
  })

  test('gives the same object every time, and nobody else that object', () => {
    const base = entriesOf({ cart: { items: [1] } })
    const [draft, other] = [new Draft(base), new Draft(base)]
    const cart = draft.get('cart') as { items: number[] }
    expect(draft.get('cart')).toBe(cart)
    cart.items.push(2)
    expect(other.get('cart')).toEqual({ items: [1] })
    expect(other.isChanged()).toBe(false)
  })

  test.each(['__proto__', 'constructor', 'toString', ''])(
    'knows nothing of a key %j that was not set',
    key => {
      const draft = new Draft(entriesOf({}))
      expect(draft.get(key)).toBeUndefined()
      expect(draft.has(key)).toBe(false)
      draft.set(key, 1)
      expect(draft.get(key)).toBe(1)
      expect([...draft.keys()]).toEqual([key])
    },
  )

  test('what cannot be read is told when it is read, and the other keys can be', () => {
    const draft = new Draft(
      new Map([
        ['bad', '{'],
        ['good', '1'],
      ]),
    )
    expect(draft.get('good')).toBe(1)
    expect(() => draft.get('bad')).toThrow(expect.objectContaining({ code: 'ERR_DECODE', key: 'bad' }))
    draft.set('bad', 'mended')
    expect(draft.get('bad')).toBe('mended')
  })
})

describe('changing', () => {
  test('is seen at once and saved as a patch of those keys only', () => {
    const draft = new Draft(entriesOf({ a: 1, b: 2, c: 3 }))
    draft.set('a', 10)
    draft.delete('b')
    draft.set('d', 4)
    expect([draft.get('a'), draft.get('b'), draft.has('b'), draft.get('d')]).toEqual([
      10,
      undefined,
      false,
      4,
    ])
    expect(draft.isChanged()).toBe(true)
    const patch = draft.take()
    expect([...patch.operations.keys()].sort()).toEqual(['a', 'b', 'd'])
    expect(dataOf(applyPatch(entriesOf({ a: 1, b: 2, c: 30, e: 5 }), patch))).toEqual({
      a: 10,
      c: 30,
      d: 4,
      e: 5,
    })
  })

  test('keys come in the order in which they were first set', () => {
    const draft = new Draft(entriesOf({ b: 1, a: 2, c: 3 }))
    draft.set('z', 1)
    draft.set('a', 5)
    draft.delete('b')
    draft.set('y', 1)
    expect([...draft.keys()]).toEqual(['a', 'c', 'z', 'y'])
    draft.set('b', 1)
    expect([...draft.keys()]).toEqual(['b', 'a', 'c', 'z', 'y'])
    expect(Object.keys(saved(draft, { b: 1, a: 2, c: 3 }))).toEqual(['b', 'a', 'c', 'z', 'y'])
    expect([...draft.keys()]).toEqual(['b', 'a', 'c', 'z', 'y'])
    draft.flush()
    draft.set('c', 1)
    expect([...draft.keys()]).toEqual(['c'])
  })

  test('flush deletes what is stored when it is saved, also what others stored meanwhile', () => {
    const draft = new Draft(entriesOf({ a: 1 }))
    draft.set('b', 2)
    draft.flush()
    expect([draft.get('a'), draft.get('b'), draft.has('a')]).toEqual([undefined, undefined, false])
    expect(draft.hasData()).toBe(false)
    draft.set('c', 3)
    expect(draft.hasData()).toBe(true)
    expect(saved(draft, { a: 1, other: 1 })).toEqual({ c: 3 })
  })

  test('deleting what is not there changes nothing', () => {
    const draft = new Draft(entriesOf({ a: 1 }))
    draft.delete('b')
    draft.set('b', 1)
    draft.delete('b')
    expect(draft.isChanged()).toBe(false)
    draft.flush()
    draft.delete('a')
    expect(saved(draft, { a: 1 })).toEqual({})
  })

  test('a value is refused when it is set, and the one before it stays', () => {
    const draft = new Draft(entriesOf({ a: 1 }))
    expect(() => draft.set('a', { f() {} })).toThrow(ERR_VALUE)
    expect(() => draft.set('b', Symbol('b'))).toThrow(ERR_VALUE)
    expect(draft.get('a')).toBe(1)
    expect(draft.isChanged()).toBe(false)
  })

  test('setting undefined is not deleting', () => {
    const draft = new Draft(entriesOf({}))
    draft.set('a', undefined)
    expect(draft.has('a')).toBe(true)
    expect('a' in saved(draft)).toBe(true)
  })

  test('a lifetime alone is a change', () => {
    const draft = new Draft(entriesOf({}))
    draft.setLifetime(60)
    expect(draft.isChanged()).toBe(true)
    expect(draft.take()).toMatchObject({ lifetime: 60, cleared: false })
    expect(draft.isChanged()).toBe(false)
    expect(draft.take().lifetime).toBeUndefined()
  })
})
