import { lazyManager, type Manager, memory } from '@sess/core'
import { type EngineType, fromRecordStore, MemoryStore } from '@sess/core/engine'
import { describe, expect, test } from 'vitest'
import { engineType, lazy, visit } from './support/lazy-managers.ts'

describe('there is one manager in the process', () => {
  /** As a module that is evaluated again: all that it makes is made anew. */
  const evaluate = (type: EngineType, options: object = {}): Manager =>
    lazy(
      lazyManager(
        { ...type },
        {
          cookieName: 'sid',
          hashKey: ['new', 'old'],
          hashFunc: (data: string, key: string) => Buffer.from(`${data}${key}`.padEnd(16, '.')),
          providerConfig: { nodes: [{ host: 'a' }], ca: Buffer.from('PEM'), retry: () => 5 },
          ...options,
        },
      ),
    )

  test('for a module that is evaluated again', () => {
    const { type } = engineType()
    expect(evaluate(type)).toBe(evaluate(type))
  })

  test('for an engine by its name and by its value', () => {
    expect(lazy(lazyManager('memory', { cookieName: 'by-name' }))).toBe(
      lazyManager(memory, { cookieName: 'by-name' }),
    )
  })

  test('for the options in any order', () => {
    const a = lazyManager('memory', { cookieName: 'any-order', maxLifetime: 60 })
    expect(lazy(lazyManager('memory', { maxLifetime: 60, cookieName: 'any-order' }))).toBe(a)
  })

  const others: [string, object][] = [
    ['another option', { maxLifetime: 60 }],
    ['another key', { hashKey: ['new'] }],
    ['another function', { hashFunc: () => new Uint8Array(16) }],
    ['another config', { providerConfig: { nodes: [{ host: 'b' }] } }],
    [
      'another certificate',
      { providerConfig: { nodes: [{ host: 'a' }], ca: Buffer.from('PEN'), retry: () => 5 } },
    ],
    ['another client', { providerConfig: { client: new Map() } }],
    ['another clock', { clock: { now: () => 5 } }],
    ['a name', { name: 'second' }],
  ]
  test.each(others)('and another one for %s', (_, options) => {
    const { type } = engineType()
    const manager = evaluate(type)
    expect(evaluate(type, options)).not.toBe(manager)
    expect(evaluate(type)).toBe(manager)
  })

  test('and another one for each engine and each client that is handed over', () => {
    const engine = fromRecordStore(new MemoryStore({ clock: Date }))
    const manager = lazy(lazyManager(engine))
    expect(lazyManager(engine)).toBe(manager)
    expect(lazy(lazyManager(fromRecordStore(new MemoryStore({ clock: Date }))))).not.toBe(manager)
    const { type } = engineType()
    const bound = () => ({ now() {} }).now.bind(null)
    const [one, two] = [new Map(), bound()]
    for (const [first, second] of [
      [one, new Map()],
      [two, bound()],
    ]) {
      const ours = lazy(lazyManager(type, { providerConfig: { client: first } }))
      expect(lazyManager(type, { providerConfig: { client: first } })).toBe(ours)
      expect(lazy(lazyManager(type, { providerConfig: { client: second } }))).not.toBe(ours)
    }
    const opens: number[] = []
    const clock = () => ({ now: () => opens.length })
    expect(lazy(lazyManager(type, { clock: clock() }))).not.toBe(lazy(lazyManager(type, { clock: clock() })))
  })

  test('and another one after close()', async () => {
    const { type, open, store } = engineType()
    const manager = lazyManager(type)
    await visit(manager)
    const closing = manager.close()
    const next = lazy(lazyManager(type))
    expect(next).not.toBe(manager)
    await closing
    await manager.close()
    expect(lazyManager(type)).toBe(next)
    expect(store.close).toHaveBeenCalledTimes(1)
    await expect(visit(manager)).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await visit(next)
    expect(open).toHaveBeenCalledTimes(2)
  })
})
