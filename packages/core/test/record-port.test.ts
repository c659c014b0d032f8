import { describe, expect, test } from 'vitest'
import { fromRecordStore } from '../src/lib/engine.ts'
import type { Manager } from '../src/lib/manager.ts'
import { newManager } from '../src/lib/new-manager.ts'
import type { Session } from '../src/lib/session.ts'
import { answerLate, fail, loseAnswer, ScriptedStore } from './support/scripted-store.ts'

const SID = 'a'.repeat(64)
const add = (n: unknown) => ((n as number | undefined) ?? 0) + 1

async function setUp({ maxBytes, timeout = 2000 }: { maxBytes?: number; timeout?: number } = {}) {
  const store = new ScriptedStore(maxBytes === undefined ? {} : { maxBytes })
  const manager = await newManager(fromRecordStore(store), { timeout })
  const first = await read(manager)
  first.set('n', 1)
  await first.sessionRelease()
  store.calls.length = 0
  return { store, manager }
}

async function read(manager: Manager): Promise<Session> {
  return (await manager.getProvider().sessionRead(SID)) as Session
}

const stored = async (manager: Manager, key = 'n') => (await read(manager)).get(key)

describe('a write whose answer is lost', () => {
  test('and was done, is done once', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    session.update('n', add)
    store.next('update', loseAnswer)
    await session.sessionRelease()
    expect(store.calls).toEqual(['load', 'update', 'load'])
    expect(await stored(manager)).toBe(2)
    session.update('n', add)
    await session.sessionRelease()
    expect(await stored(manager)).toBe(3)
  })

  test('and was not done, is sent once more', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    session.update('n', add)
    store.next('update', fail)
    await session.sessionRelease()
    expect(store.calls).toEqual(['load', 'update', 'load', 'update'])
    expect(await stored(manager)).toBe(2)
  })

  test('and was done after it was looked for, is done once', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    session.update('n', add)
    let late: () => unknown = fail
    store
      .next('update', call => {
        late = call
        return fail()
      })
      .next('update', async call => {
        await late()
        return call()
      })
    await session.sessionRelease()
    expect(store.calls).toEqual(['load', 'update', 'load', 'update', 'load'])
    expect(await stored(manager)).toBe(2)
  })

  test('and was done after it was looked for, and is hidden by another save, has an unknown outcome', async () => {
    const { store, manager } = await setUp()
    const [session, other] = [await read(manager), await read(manager)]
    session.update('n', add)
    other.update('n', add)
    store.next('update', fail).next('update', async call => {
      await other.sessionRelease()
      return call()
    })
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(await stored(manager)).toBe(2)
  })

  test('twice, is an error; the changes stay pending and the data as they were', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    session.update('n', add)
    store.next('update', fail).next('update', fail)
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_BACKEND' })
    expect(await stored(manager)).toBe(1)
    expect(session.get('n')).toBe(2)
    await session.sessionRelease()
    expect(await stored(manager)).toBe(2)
  })

  test('and that nobody can look after, has an unknown outcome', async () => {
    const { store, manager } = await setUp()
    const session = await read(manager)
    session.update('n', add)
    store.next('update', loseAnswer).next('load', fail)
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(await stored(manager)).toBe(2)
  })
})

describe('an update that may have been saved', () => {
  test('is not saved again by the same handle: every further release says that the outcome is unknown', async () => {
    const { store, manager } = await setUp({ timeout: 50 })
    const session = await read(manager)
    session.update('n', add)
    store.next('update', answerLate(100))
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    session.set('other', 1)
    for (let i = 0; i < 2; i++)
      await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_OUTCOME_UNKNOWN' })
    expect(await stored(manager)).toBe(2)
    expect(await stored(manager, 'other')).toBeUndefined()
  })

  test('is no matter when all is flushed', async () => {
    const { store, manager } = await setUp({ timeout: 50 })
    const session = await read(manager)
    session.update('n', add)
    store.next('update', answerLate(100))
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    session.flush()
    session.set('n', 7)
    await session.sessionRelease()
    expect(await stored(manager)).toBe(7)
  })

  test('is not in the way of the next request', async () => {
    const { store, manager } = await setUp({ timeout: 50 })
    const session = await read(manager)
    session.update('n', add)
    store.next('update', answerLate(100))
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    const next = await read(manager)
    next.update('n', add)
    await next.sessionRelease()
    expect(await stored(manager)).toBe(3)
  })

  test('as a value that was set, is saved again: twice is the same as once', async () => {
    const { store, manager } = await setUp({ timeout: 50 })
    const session = await read(manager)
    session.set('n', 5)
    store.next('update', answerLate(100))
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    session.set('other', 1)
    await session.sessionRelease()
    expect([await stored(manager), await stored(manager, 'other')]).toEqual([5, 1])
  })
})

describe('saves that meet', () => {
  test('are put into one write, and one that fails fails alone', async () => {
    const { store, manager } = await setUp()
    const sessions = await Promise.all(Array.from({ length: 20 }, () => read(manager)))
    sessions.forEach((session, i) => {
      session.update('n', n => {
        if (i === 7 && n !== 1) throw new Error('no more')
        return add(n)
      })
    })
    store.calls.length = 0
    const results = await Promise.allSettled(sessions.map(session => session.sessionRelease()))
    const failed = results.flatMap((result, i) => (result.status === 'rejected' ? [i] : []))
    expect(failed).toEqual([7])
    expect(await stored(manager)).toBe(20)
    expect(store.calls.filter(call => call === 'update').length).toBeLessThan(25)
  })

  test('for longer than the timeout, fail without having saved anything', async () => {
    const { store, manager } = await setUp({ timeout: 60 })
    const session = await read(manager)
    session.update('n', add)
    const isBeaten = async () => {
      await new Promise(resolve => setTimeout(resolve, 5))
      return undefined
    }
    for (let i = 0; i < 100; i++) store.next('update', isBeaten)
    await expect(session.sessionRelease()).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(CONFLICT|TIMEOUT)$/),
    })
    expect(await stored(manager)).toBe(1)
  })
})

describe('a session that is too large', () => {
  test('is refused with its size and the limit, before the engine is asked, and what was stored stays', async () => {
    const { store, manager } = await setUp({ maxBytes: 200 })
    const session = await read(manager)
    session.set('big', 'x'.repeat(200))
    store.calls.length = 0
    await expect(session.sessionRelease()).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
      limit: 200,
      message: expect.stringMatching(/has 23\d bytes, this engine holds 200/),
    })
    expect(store.calls).toEqual([])
    expect(await stored(manager)).toBe(1)
    session.delete('big')
    await session.sessionRelease()
    expect(await stored(manager)).toBe(1)
  })
})

describe('saves that lost a race', () => {
  test('are saved as far as they fit, when they do not fit together', async () => {
    const { manager } = await setUp({ maxBytes: 300 })
    const sessions = await Promise.all(['a', 'b', 'c'].map(() => read(manager)))
    const winner = await read(manager)
    winner.set('n', 2)
    await winner.sessionRelease()
    for (const [i, session] of sessions.entries()) session.set(`key${i}`, 'x'.repeat(120))
    const results = await Promise.allSettled(sessions.map(session => session.sessionRelease()))
    const failed = results.filter(result => result.status === 'rejected')
    expect(failed.map(({ reason }) => reason.code)).toEqual(['ERR_TOO_LARGE'])
    const kept = await Promise.all(['key0', 'key1', 'key2'].map(key => stored(manager, key)))
    expect(kept.filter(value => value !== undefined)).toHaveLength(2)
  })

  test('are dropped in silence when the session has ended, whatever was put in it', async () => {
    const { manager } = await setUp()
    const session = await read(manager)
    session.set('list', [1])
    await session.sessionRelease()
    await manager.getProvider().sessionDestroy(SID)
    session.set('n', 5)
    await session.sessionRelease()
    const list = session.get('list') as unknown[]
    list.push(() => 'not storable')
    await expect(session.sessionRelease()).resolves.toBeUndefined()
  })
})

test('a save that loses a race and then hears nothing has the timeout once, not for each attempt', async () => {
  const { store, manager } = await setUp({ timeout: 800 })
  const [session, other] = [await read(manager), await read(manager)]
  other.update('n', add)
  session.update('n', add)
  store.next('update', call => call()).next('update', answerLate(600))
  await other.sessionRelease()
  store.next('load', answerLate(5000))
  const begun = performance.now()
  await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  expect(performance.now() - begun).toBeLessThan(1200)
})
