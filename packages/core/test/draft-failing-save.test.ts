import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Draft } from '../src/lib/draft.ts'
import { applyPatch } from '../src/lib/patch.ts'
import { dataOf, entriesOf } from './support/entries.ts'

type Box = { n: number }
type Value = number | Box

/** One thing that a handler does; every one is defined whatever the value is. */
type Step =
  | {
      do: 'set' | 'setBox' | 'add' | 'addInPlace' | 'changeInPlace' | 'delete' | 'read'
      key: string
      n: number
    }
  | { do: 'flush' }
  | { do: 'lifetime'; n: number }

const amount = (value: unknown): number =>
  typeof value === 'number' ? value : ((value as Box | undefined)?.n ?? 0)

/** Does a step to a draft and to a plain model of what it should hold. */
function perform(step: Step, draft: Draft, model: Map<string, Value>): void {
  if (step.do === 'flush') {
    draft.flush()
    model.clear()
    return
  }
  if (step.do === 'lifetime') {
    draft.setLifetime(step.n)
    return
  }
  const { key, n } = step
  const before = model.get(key)
  switch (step.do) {
    case 'set':
      draft.set(key, n)
      model.set(key, n)
      break
    case 'setBox':
      draft.set(key, { n })
      model.set(key, { n })
      break
    case 'add':
      draft.update(key, value => ({ n: amount(value) * 2 + n }))
      model.set(key, { n: amount(before) * 2 + n })
      break
    case 'addInPlace':
      draft.update(key, value => {
        if (typeof value !== 'object') return amount(value) - n
        ;(value as Box).n -= n
        return value
      })
      model.set(key, typeof before === 'object' ? { n: before.n - n } : amount(before) - n)
      break
    case 'changeInPlace': {
      const value = draft.get(key)
      if (typeof value === 'object') (value as Box).n += n
      if (typeof before === 'object') model.set(key, { n: before.n + n })
      break
    }
    case 'delete':
      draft.delete(key)
      model.delete(key)
      break
    case 'read':
      draft.get(key)
  }
}

function expectSame(draft: Draft, model: Map<string, Value>): void {
  const keys = [...draft.keys()].sort()
  expect(keys).toEqual([...model.keys()].sort())
  for (const key of ['a', 'b', 'c']) {
    expect(draft.get(key)).toEqual(model.get(key))
    expect(draft.has(key)).toBe(model.has(key))
  }
}

const key = fc.constantFrom('a', 'b', 'c')
const n = fc.integer({ min: 1, max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom('set', 'setBox', 'add', 'addInPlace', 'changeInPlace', 'delete', 'read'),
      key,
      n,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'flush' } as const) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lifetime' as const), n }) },
)
const steps = fc.array(step, { maxLength: 6 })
const start = fc.dictionary(key, fc.oneof(n, fc.record({ n }, { noNullPrototype: true })), {
  noNullPrototype: true,
})
/** What is done before a save, and while it is under way; and whether it fails. */
const save = fc.record({ before: steps, during: steps, fails: fc.boolean() })

describe('a save that fails', () => {
  test('leaves its changes pending, under those made meanwhile: nothing differs but the delay', () => {
    fc.assert(
      fc.property(start, fc.array(save, { minLength: 1, maxLength: 4 }), steps, (data, saves, last) => {
        let base = entriesOf(data)
        const draft = new Draft(base)
        const model = new Map<string, Value>(Object.entries(structuredClone(data)))
        let lifetime: number | undefined
        const run = (list: Step[]) => {
          for (const step of list) {
            perform(step, draft, model)
            if (step.do === 'lifetime') lifetime = step.n
            expectSame(draft, model)
          }
        }
        let storedLifetime: number | undefined
        for (const { before, during, fails } of saves) {
          run(before)
          const patch = draft.take()
          expectSame(draft, model)
          run(during)
          if (fails) {
            draft.restore(base, patch)
          } else {
            base = applyPatch(base, patch)
            storedLifetime = patch.lifetime ?? storedLifetime
            draft.settle(base)
          }
          expectSame(draft, model)
        }
        run(last)
        const patch = draft.take()
        expect(dataOf(applyPatch(base, patch))).toEqual(Object.fromEntries(model))
        expect(patch.lifetime ?? storedLifetime).toBe(lifetime)
        expect(draft.isChanged()).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  test('keeps its updates as updates: none is lost or done twice, whatever others saved', () => {
    const event = fc.constantFrom('mine', 'mineInPlace', 'theirs', 'begin', 'fail', 'succeed')
    fc.assert(
      fc.property(fc.array(event, { maxLength: 25 }), events => {
        let stored = entriesOf({ n: { n: 0 } })
        const draft = new Draft(stored)
        let opened = stored
        let patch: ReturnType<Draft['take']> | undefined
        let sum = 0
        for (const what of [...events, 'fail', 'begin', 'succeed']) {
          if (what === 'mine' || what === 'mineInPlace') {
            draft.update('n', value => {
              const box = what === 'mine' ? { n: (value as Box).n } : (value as Box)
              box.n++
              return box
            })
            sum++
          } else if (what === 'theirs') {
            stored = entriesOf({ n: { n: (dataOf(stored).n as Box).n + 1 } })
            sum++
          } else if (what === 'begin') {
            patch ??= draft.take()
          } else if (patch) {
            if (what === 'succeed') {
              stored = applyPatch(stored, patch)
              opened = stored
              draft.settle(stored)
            } else {
              draft.restore(opened, patch)
            }
            patch = undefined
          }
        }
        expect(dataOf(stored)).toEqual({ n: { n: sum } })
      }),
      { numRuns: 1000 },
    )
  })

  test('of a flush is not done over what was flushed later', () => {
    const draft = new Draft(entriesOf({ a: 1 }))
    draft.set('b', 1)
    draft.setLifetime(60)
    const patch = draft.take()
    draft.flush()
    draft.set('c', 1)
    draft.restore(entriesOf({ a: 1 }), patch)
    const next = draft.take()
    expect(next).toMatchObject({ cleared: true, lifetime: 60 })
    expect(dataOf(applyPatch(entriesOf({ a: 1 }), next))).toEqual({ c: 1 })
  })

  test('does not bring back an object that was deleted after it', () => {
    const draft = new Draft(entriesOf({}))
    const cart = { n: 1 }
    draft.set('cart', cart)
    draft.restore(entriesOf({}), draft.take())
    draft.delete('cart')
    cart.n = 2
    expect(draft.get('cart')).toBeUndefined()
    expect(draft.has('cart')).toBe(false)
    expect(dataOf(applyPatch(entriesOf({}), draft.take()))).toEqual({})
  })
})
