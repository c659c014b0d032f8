import { describe, expect, test } from 'vitest'
import { Draft } from '../src/lib/draft.ts'
import { applyPatch } from '../src/lib/patch.ts'
import { dataOf, entriesOf, saved } from './support/entries.ts'

describe('a change made in place', () => {
  test('is saved as if it were set', () => {
    const draft = new Draft(entriesOf({ cart: { items: [1] }, other: { a: 1 } }))
    const cart = draft.get('cart') as { items: number[] }
    draft.get('other')
    expect(draft.isChanged()).toBe(false)
    cart.items.push(2)
    expect(draft.isChanged()).toBe(true)
    const patch = draft.take()
    expect([...patch.operations.keys()]).toEqual(['cart'])
    expect(dataOf(applyPatch(undefined, patch))).toEqual({ cart: { items: [1, 2] } })
    expect(draft.isChanged()).toBe(false)
  })

  test.each<[string, unknown, (value: never) => void]>([
    ['a date', new Date(0), (value: Date) => value.setTime(1)],
    ['a map', new Map([['a', 1]]), (value: Map<string, number>) => value.set('a', 2)],
    ['a set', new Set([1]), (value: Set<number>) => value.add(2)],
    ['bytes', new Uint8Array(2), (value: Uint8Array) => value.fill(1)],
    ['a list', [1, 2], (value: number[]) => value.reverse()],
    ['a list, which gets a property', [1, 2], (value: number[] & { total?: number }) => (value.total = 3)],
    ['the sign of zero', { n: 0 }, (value: { n: number }) => (value.n = -0)],
    [
      'a deep member',
      { a: [{ b: new Map([[1, { c: 1 }]]) }] },
      (value: { a: [{ b: Map<1, { c: number }> }] }) => {
        ;(value.a[0].b.get(1) as { c: number }).c = 2
      },
    ],
  ])('to %s is noticed', (_, value, change) => {
    const draft = new Draft(entriesOf({ value }))
    const read = draft.get('value')
    expect(draft.isChanged()).toBe(false)
    change(read as never)
    expect(draft.isChanged()).toBe(true)
    expect(saved(draft)).toEqual({ value: read })
  })

  test('is saved too when others have changed the value meanwhile: the last save wins', () => {
    const draft = new Draft(entriesOf({ box: { n: 1 } }))
    const box = draft.get('box') as { n: number }
    draft.set('other', 1)
    draft.take()
    draft.settle(entriesOf({ box: { n: 41 }, other: 1 }))
    expect(draft.get('box')).toBe(box)
    expect(draft.isChanged()).toBe(false)
    box.n = 2
    expect(saved(draft)).toEqual({ box: { n: 2 } })
  })

  test('that is undone is none', () => {
    const draft = new Draft(entriesOf({ list: [1, 2] }))
    const list = draft.get('list') as number[]
    list.push(3)
    list.pop()
    expect(draft.isChanged()).toBe(false)
  })

  test('to an object that was set, or saved, is saved with the next save', () => {
    const draft = new Draft(entriesOf({}))
    const cart = { n: 1 }
    draft.set('cart', cart)
    cart.n = 2
    expect(saved(draft)).toEqual({ cart: { n: 2 } })
    draft.settle(entriesOf({ cart: { n: 2 } }))
    expect(draft.isChanged()).toBe(false)
    cart.n = 3
    expect(draft.isChanged()).toBe(true)
    expect(saved(draft)).toEqual({ cart: { n: 3 } })
  })

  test('after a flush or a delete of the key is none', () => {
    const draft = new Draft(entriesOf({ a: { n: 1 }, b: { n: 1 } }))
    const [a, b] = [draft.get('a'), draft.get('b')] as { n: number }[]
    draft.delete('a')
    ;(a as { n: number }).n = 2
    expect(saved(draft, { a: 1, b: 1 })).toEqual({ b: 1 })
    draft.flush()
    ;(b as { n: number }).n = 2
    expect(saved(draft, { a: 1, b: 1 })).toEqual({})
  })

  test('into what cannot be stored fails the save, which keeps all other changes', () => {
    const draft = new Draft(entriesOf({ cart: { n: 1 } }))
    const cart = draft.get('cart') as Record<string, unknown>
    draft.set('a', 1)
    cart.f = () => {}
    expect(() => draft.take()).toThrow(expect.objectContaining({ code: 'ERR_VALUE', key: 'cart' }))
    expect(draft.get('a')).toBe(1)
    delete cart.f
    cart.n = 2
    expect(saved(draft)).toEqual({ a: 1, cart: { n: 2 } })
  })
})
