import { assignSession, beginAnew, type RequestSession, shownSession } from '@sess/core/adapter'
import { expect, it } from 'vitest'
import { type Data, setUp } from './support/managers.ts'
import { request, started } from './support/web.ts'

// What becomes of the object of a session when the session ends.

async function begin() {
  const { manager, store } = await setUp()
  const cookie = await started(manager)
  const open = async () => {
    const session = manager.requestSession(request(cookie), new Headers())
    return session.sessionStart()
  }
  return { session: await open(), open, store }
}

it('a change while the session is about to end is an error, and not lost', async () => {
  for (const end of [
    (session: RequestSession<Data>) => session.destroy(),
    (session: RequestSession<Data>) => session.destroySession(),
    (session: RequestSession<Data>) => beginAnew(session),
  ]) {
    const { session } = await begin()
    const ended = end(session)
    expect(() => session.set('n', 5)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
    expect(session.get('n')).toBe(1)
    await ended
  }
})

it('an end that fails leaves the session as it was, to be changed', async () => {
  const { session, open, store } = await begin()
  store.before = () => {
    throw new Error('backend down')
  }
  await expect(session.destroy()).rejects.toMatchObject({ name: 'SessionError' })
  store.before = () => undefined
  session.set('n', 2)
  await session.sessionRelease()
  expect((await open()).get('n')).toBe(2)
})

it('a session that is set to null is shown as null, until it is set to an object', async () => {
  const { session, open } = await begin()
  expect(shownSession(assignSession(session, null))).toBe(null)
  expect(shownSession(assignSession(session, null))).toBe(null)
  await session.settle()
  expect(shownSession(assignSession(session, { n: 7 }))).toBe(session)
  expect(session.entries()).toEqual([['n', 7]])
  expect((await open()).isNew).toBe(true)
})

it('a session can be set to itself, and to nothing but null and plain objects', async () => {
  const { session } = await begin()
  expect(assignSession(session, session)).toBe(session)
  for (const value of [undefined, 1, 'x', [], new Map(), () => {}])
    expect(() => assignSession(session, value)).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
  expect(session.get('n')).toBe(1)
})
