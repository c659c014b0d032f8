import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { lazyManager, type Manager, type ManagerOptions, newManager } from '@sess/core'
import { fromRecordStore, fromSealedStore, MemoryStore, type SealedStore } from '@sess/core/engine'
import { describe, expect, onTestFinished, test } from 'vitest'
import { claimCookies } from '../src/lib/cookie-claims.ts'

const store: SealedStore = { maxCookies: 3, seal: () => '', open: () => undefined }
const open = {
  sealed: () => fromSealedStore(store),
  id: () => fromRecordStore(new MemoryStore({ clock: Date })),
}

async function manager(
  kind: keyof typeof open,
  cookieName: string,
  options: ManagerOptions = {},
): Promise<Manager> {
  const manager = await newManager(open[kind](), { cookieName, ...options })
  onTestFinished(() => manager.close())
  return manager
}

describe('two managers of one process whose cookies would overwrite each other', () => {
  test.each([
    ['sealed', 'a', 'id', 'a.1'],
    ['id', 'b.2', 'sealed', 'b'],
    ['sealed', 'c', 'sealed', 'c.1'],
    ['sealed', 'd.1', 'sealed', 'd'],
  ] as const)('are refused: %s %s, then %s %s', async (kind, name, otherKind, other) => {
    const [part, whole] = name.length > other.length ? [name, other] : [other, name]
    await manager(kind, name)
    await expect(manager(otherKind, other)).rejects.toMatchObject({
      code: 'ERR_CONFIG',
      message: expect.stringMatching(new RegExp(`'${part}'.*'${whole}'.*cookieName`)),
    })
  })

  test.each([
    ['sealed', 'e', 'id', 'e.3'],
    ['sealed', 'f', 'id', 'f.01'],
    ['sealed', 'g', 'id', 'g.x'],
    ['sealed', 'h', 'id', 'hh.1'],
    ['sealed', 'i', 'sealed', 'i'],
    ['id', 'j', 'id', 'j.1'],
    ['sealed', 'k', 'id', 'K.1'],
  ] as const)('are others: %s %s, then %s %s', async (kind, name, otherKind, other) => {
    await manager(kind, name)
    await manager(otherKind, other)
  })

  test('are no longer two when one is closed', async () => {
    const first = await manager('sealed', 'l')
    await first.close()
    const second = await manager('id', 'l.1')
    await expect(manager('sealed', 'l')).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    await second.close()
    await manager('sealed', 'l')
  })

  test('are no longer two when one was let go of', () => {
    setFlagsFromString('--expose-gc')
    claimCookies({ name: 'm.1', count: 1 })
    return new Promise(resolve => setImmediate(resolve)).then(() => {
      runInNewContext('gc')()
      claimCookies({ name: 'm', count: 3 })
    })
  })

  test('are refused at the first use of one that connects then, and its engine is closed', async () => {
    await manager('sealed', 'n')
    let closed = 0
    const records = Object.assign(new MemoryStore({ clock: Date }), { close: () => void closed++ })
    const lazy = lazyManager(
      { name: 'cookie-claims.test', open: () => fromRecordStore(records) },
      { cookieName: 'n.1' },
    )
    onTestFinished(() => lazy.close())
    await expect(lazy.ping()).rejects.toMatchObject({ code: 'ERR_CONFIG' })
    expect(closed).toBe(1)
  })

  test('are none where the id travels in a header', async () => {
    await manager('sealed', 'o')
    await manager('id', 'o.1', { headerName: 'X-Session' })
  })
})
