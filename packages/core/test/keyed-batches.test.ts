import { describe, expect, test, vi } from 'vitest'
import { KeyedBatches, type Outcome } from '../src/lib/keyed-batches.ts'

/** A run that ends when it is told to. */
function controlled() {
  const calls: {
    key: string
    items: number[]
    end(outcomes?: Outcome<number>[]): void
    fail(error: unknown): void
  }[] = []
  const batches = new KeyedBatches<number, number>(
    (key, items) =>
      new Promise((resolve, reject) => {
        calls.push({
          key,
          items,
          end: (outcomes = items.map(item => ({ value: item * 10 }))) => resolve(outcomes),
          fail: reject,
        })
      }),
  )
  return { batches, calls }
}

const turn = () => new Promise(resolve => setImmediate(resolve))

describe('keyed batches', () => {
  test('run the first item at once, and what comes meanwhile as one batch after it', async () => {
    const { batches, calls } = controlled()
    const results = [1, 2, 3].map(item => batches.add('a', item))
    expect(calls.map(call => call.items)).toEqual([[1]])
    await turn()
    expect(calls).toHaveLength(1)
    calls[0]?.end()
    await turn()
    expect(calls.map(call => call.items)).toEqual([[1], [2, 3]])
    calls[1]?.end()
    expect(await Promise.all(results)).toEqual([10, 20, 30])
  })

  test('a hundred at once are two runs', async () => {
    const run = vi.fn(async (_: string, items: number[]) => items.map(item => ({ value: item })))
    const batches = new KeyedBatches<number, number>(run)
    const results = Array.from({ length: 100 }, (_, i) => batches.add('a', i))
    expect(await Promise.all(results)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    expect(run).toHaveBeenCalledTimes(2)
  })

  test('keys do not wait for each other', async () => {
    const { batches, calls } = controlled()
    const slow = batches.add('a', 1)
    const quick = batches.add('b', 2)
    expect(calls.map(call => call.key)).toEqual(['a', 'b'])
    calls[1]?.end()
    expect(await quick).toBe(20)
    calls[0]?.end()
    expect(await slow).toBe(10)
  })

  test('each item has its own outcome', async () => {
    const { batches, calls } = controlled()
    const first = batches.add('a', 0)
    const results = Promise.allSettled([1, 2, 3].map(item => batches.add('a', item)))
    calls[0]?.end()
    await first
    await turn()
    const reason = new Error('second')
    calls[1]?.end([{ value: 1 }, { error: reason }, { value: 3 }])
    expect(await results).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason },
      { status: 'fulfilled', value: 3 },
    ])
  })

  test('a run that fails fails all of its items, and none that come later', async () => {
    const { batches, calls } = controlled()
    const first = batches.add('a', 1)
    const together = Promise.allSettled([2, 3].map(item => batches.add('a', item)))
    const reason = new Error('no')
    calls[0]?.fail(reason)
    await expect(first).rejects.toBe(reason)
    await turn()
    const later = batches.add('a', 4)
    calls[1]?.fail(reason)
    expect(await together).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
    await turn()
    calls[2]?.end()
    expect(await later).toBe(40)
  })

  test('a run that throws before it is a promise is a run that fails', async () => {
    const batches = new KeyedBatches<number, number>(() => {
      throw new Error('at once')
    })
    await expect(batches.add('a', 1)).rejects.toThrow('at once')
    await expect(batches.add('a', 2)).rejects.toThrow('at once')
  })

  test('an item that is added by the outcome of another is run', async () => {
    const { batches, calls } = controlled()
    const chained = batches.add('a', 1).then(value => batches.add('a', value))
    calls[0]?.end()
    await turn()
    await turn()
    expect(calls.map(call => call.items)).toEqual([[1], [10]])
    calls[1]?.end()
    expect(await chained).toBe(100)
  })

  test('a key that is done with starts anew', async () => {
    const { batches, calls } = controlled()
    for (let i = 0; i < 3; i++) {
      const result = batches.add('a', i)
      calls[i]?.end()
      expect(await result).toBe(i * 10)
      await turn()
    }
    expect(calls.map(call => call.items)).toEqual([[0], [1], [2]])
  })

  test('an error that is undefined is still an error', async () => {
    const batches = new KeyedBatches<number, number>(async items =>
      [...items].map(() => ({ error: undefined })),
    )
    await expect(batches.add('a', 1)).rejects.toBeUndefined()
  })
})
