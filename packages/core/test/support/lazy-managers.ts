import type { Manager } from '@sess/core'
import { type EngineType, fromRecordStore, MemoryStore } from '@sess/core/engine'
import { afterEach, type Mock, vi } from 'vitest'

const opened: Manager[] = []
let count = 0

afterEach(async () => {
  for (const manager of opened.splice(0)) await manager.close()
})

/** A lazy manager that the test's end closes. */
export function lazy<Data extends object>(manager: Manager<Data>): Manager<Data> {
  opened.push(manager as unknown as Manager)
  return manager
}

/** A type of engine of its own, which is told what to do before it opens. */
export function engineType(before: () => unknown = () => {}): {
  type: EngineType
  open: Mock<EngineType['open']>
  store: MemoryStore & { close: Mock<() => void> }
} {
  const store = Object.assign(new MemoryStore({ clock: Date }), { close: vi.fn<() => void>() })
  const open = vi.fn<EngineType['open']>(async () => {
    await before()
    return fromRecordStore(store)
  })
  const type = { name: `lazy-managers/${++count}`, open } satisfies EngineType
  return { type, open, store }
}

/** Answers one request that counts itself in its session. */
export function visit(manager: Manager, cookie = ''): Promise<Response> {
  return manager.handle(new Request('http://localhost/', { headers: { cookie } }), session => {
    session.update('n', (n: unknown) => ((n as number) ?? 0) + 1)
    return new Response(String(session.get('n')))
  })
}
