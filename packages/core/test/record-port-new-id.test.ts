import { describe, expect, test } from 'vitest'
import { fromRecordStore } from '../src/lib/engine.ts'
import type { Manager } from '../src/lib/manager.ts'
import { newManager } from '../src/lib/new-manager.ts'
import type { Session } from '../src/lib/session.ts'
import { fail, ScriptedStore } from './support/scripted-store.ts'

const SID = 'a'.repeat(64)
const add = (n: unknown) => ((n as number | undefined) ?? 0) + 1

/** A session that is stored. */
async function setUp() {
  const store = new ScriptedStore()
  const manager = await newManager(fromRecordStore(store))
  const first = await read(manager)
  first.set('n', 1)
  await first.sessionRelease()
  return { store, manager }
}

async function read(manager: Manager): Promise<Session> {
  return (await manager.getProvider().sessionRead(SID)) as Session
}

describe('a save whose answer is lost, in a session that gets a new id before the save is looked for', () => {
  const NEW_SID = 'b'.repeat(64)

  /** Two requests of one session, and what was dropped. */
  async function two() {
    const { store, manager } = await setUp()
    const dropped: unknown[] = []
    manager.on('dropped', event => dropped.push(event))
    const session = await read(manager)
    /** Another request, which reads what is there by then. */
    const regenerate = async () => void (await manager.getProvider().sessionRegenerate(SID, NEW_SID))
    const successor = async () => (await manager.getProvider().sessionRead(NEW_SID)) as Session
    return { store, session, dropped, regenerate, successor }
  }

  test('has an unknown outcome, since the successor has it', async () => {
    const { store, session, dropped, regenerate, successor } = await two()
    session.update('n', add)
    store.next('update', async call => {
      await call()
      await regenerate()
      throw new Error('connection reset')
    })
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect((await successor()).get('n')).toBe(2)
    // A second attempt would count twice, or be told as dropped.
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(dropped).toEqual([])
  })

  test('has an unknown outcome when it was not done, which nobody can tell', async () => {
    const { store, session, dropped, regenerate, successor } = await two()
    session.set('n', 7)
    store.next('update', async () => {
      await regenerate()
      throw new Error('connection reset')
    })
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect((await successor()).get('n')).toBe(1)
    expect(dropped).toEqual([])
  })

  test('has an unknown outcome when its second attempt comes too late', async () => {
    const { store, session, dropped, regenerate, successor } = await two()
    let late: () => unknown = fail
    session.update('n', add)
    store
      .next('update', call => {
        late = call
        return fail()
      })
      .next('update', async call => {
        await late()
        await regenerate()
        return call()
      })
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect((await successor()).get('n')).toBe(2)
    expect(dropped).toEqual([])
  })

  test('has an unknown outcome when it lost a race before', async () => {
    const { store, session, dropped, regenerate, successor } = await two()
    session.update('n', add)
    store
      .next('update', async () => undefined)
      .next('update', async call => {
        await call()
        await regenerate()
        throw new Error('connection reset')
      })
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect((await successor()).get('n')).toBe(2)
    expect(dropped).toEqual([])
  })

  test('is dropped when the session was destroyed: whether it was done makes no difference', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    const dropped: unknown[] = []
    manager.on('dropped', ({ reason }) => dropped.push(reason))
    session.update('n', add)
    store.next('update', async call => {
      await call()
      await manager.getProvider().sessionDestroy(SID)
      throw new Error('connection reset')
    })
    await session.sessionRelease()
    expect(dropped).toEqual(['gone'])
  })
})
