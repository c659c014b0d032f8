import { describe, expect, test, vi } from 'vitest'
import { Draft } from '../src/lib/draft.ts'
import { applyPatch } from '../src/lib/patch.ts'
import { dataOf, entriesOf, saved } from './support/entries.ts'

const ERR_VALUE = expect.objectContaining({ code: 'ERR_VALUE' })

describe('update', () => {
  test('runs the function once when nobody was faster, and again on what was saved meanwhile', () => {
    const add = vi.fn((n: unknown) => ((n as number | undefined) ?? 0) + 1)
    const draft = new Draft(entriesOf({ n: 1 }))
    expect(draft.update('n', add)).toBe(2)
    expect(draft.get('n')).toBe(2)
    const patch = draft.take()
    expect(dataOf(applyPatch(entriesOf({ n: 1 }), patch))).toEqual({ n: 2 })
    expect(add).toHaveBeenCalledTimes(1)
    expect(dataOf(applyPatch(entriesOf({ n: 41 }), patch))).toEqual({ n: 42 })
    expect(dataOf(applyPatch(entriesOf({}), patch))).toEqual({ n: 1 })
    expect(add).toHaveBeenCalledTimes(3)
  })

  test('composes with itself', () => {
    const draft = new Draft(entriesOf({ n: 1 }))
    draft.update('n', n => (n as number) + 1)
    draft.update('n', n => (n as number) * 10)
    expect(draft.get('n')).toBe(20)
    const patch = draft.take()
    expect(dataOf(applyPatch(entriesOf({ n: 2 }), patch))).toEqual({ n: 30 })
  })

  test('that changes the object in place runs on a fresh object of the newer value', () => {
    const push = (list: unknown) => {
      ;(list as number[]).push(9)
      return list
    }
    const draft = new Draft(entriesOf({ list: [1] }))
    draft.update('list', push)
    draft.update('list', push)
    const patch = draft.take()
    expect(dataOf(applyPatch(entriesOf({ list: [1] }), patch))).toEqual({ list: [1, 9, 9] })
    expect(dataOf(applyPatch(entriesOf({ list: [5] }), patch))).toEqual({ list: [5, 9, 9] })
  })

  test('after set, delete, flush or a change in place goes on from there, whatever others saved', () => {
    const add = (n: unknown) => ((n as number | undefined) ?? 100) + 1
    const others = { n: 50, box: { n: 50 } }

    const set = new Draft(entriesOf({ n: 1 }))
    set.set('n', 10)
    set.update('n', add)
    expect(saved(set, others)).toMatchObject({ n: 11 })

    const deleted = new Draft(entriesOf({ n: 1 }))
    deleted.delete('n')
    deleted.update('n', add)
    expect(saved(deleted, others)).toMatchObject({ n: 101 })

    const flushed = new Draft(entriesOf({ n: 1 }))
    flushed.flush()
    flushed.update('n', add)
    expect(saved(flushed, others)).toEqual({ n: 101 })

    const inPlace = new Draft(entriesOf({ box: { n: 1 } }))
    ;(inPlace.get('box') as { n: number }).n = 7
    inPlace.update('box', box => ({ n: add((box as { n: number }).n) }))
    expect(saved(inPlace, others)).toMatchObject({ box: { n: 8 } })
  })

  test('followed by a change in place is saved as it is, whatever others saved', () => {
    const addTo = (box: unknown) => ({ ...(box as object), n: (box as { n: number }).n + 1 })
    const change = (draft: Draft) => {
      ;(draft.get('box') as { mark?: string }).mark = 'in place'
    }
    const once = new Draft(entriesOf({ box: { n: 1 } }))
    once.update('box', addTo)
    change(once)
    expect(saved(once, { box: { n: 50 } })).toEqual({ box: { n: 2, mark: 'in place' } })

    const between = new Draft(entriesOf({ box: { n: 1 } }))
    between.update('box', addTo)
    change(between)
    between.update('box', addTo)
    expect(saved(between, { box: { n: 50 } })).toEqual({ box: { n: 3, mark: 'in place' } })
  })

  test('refuses a function that gives nothing, a promise, or what cannot be stored, and changes nothing', () => {
    const draft = new Draft(entriesOf({ n: 1 }))
    expect(() => draft.update('n', () => undefined)).toThrow(ERR_VALUE)
    expect(() => draft.update('n', async () => 2)).toThrow(ERR_VALUE)
    expect(() => draft.update('n', () => () => 2)).toThrow(ERR_VALUE)
    const reason = new Error('theirs')
    expect(() =>
      draft.update('n', () => {
        throw reason
      }),
    ).toThrow(reason)
    expect(draft.get('n')).toBe(1)
    expect(draft.isChanged()).toBe(false)
  })

  test('starts from what is stored, not from an object that was read before others changed it', () => {
    const addTo = (box: unknown) => ({ n: (box as { n: number }).n + 1 })
    const draft = new Draft(entriesOf({ box: { n: 1 } }))
    const box = draft.get('box') as { n: number }
    draft.set('other', 1)
    draft.take()
    const merged = entriesOf({ box: { n: 41 }, other: 1 })
    draft.settle(merged)
    expect(draft.update('box', addTo)).toEqual({ n: 42 })
    expect(box).toEqual({ n: 1 })
    expect(dataOf(applyPatch(merged, draft.take()))).toEqual({ box: { n: 42 }, other: 1 })
  })

  test('is provisional: after the save, get gives what was saved, objects too', () => {
    const addTo = (box: unknown) => ({ n: ((box as { n: number } | undefined)?.n ?? 0) + 1 })
    const draft = new Draft(entriesOf({ box: { n: 1 } }))
    expect(draft.update('box', addTo)).toEqual({ n: 2 })
    const result = applyPatch(entriesOf({ box: { n: 41 } }), draft.take())
    draft.settle(result)
    expect(draft.get('box')).toEqual({ n: 42 })
    expect(draft.isChanged()).toBe(false)
  })
})
