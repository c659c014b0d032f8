import { expect, it } from 'vitest'
import { record, setUp } from './support/managers.ts'
import { cookieOf, read, request, started } from './support/web.ts'

// manager.handle: what happens when a handler throws, a save fails, or the response takes no cookie.

it.each([
  ['101', () => Object.defineProperty(new Response(null), 'status', { value: 101 })],
  ['Response.error()', () => Response.error()],
])(
  'a response that cannot be copied passes, and its lost cookie is told by an event: %s',
  async (_, make) => {
    const { manager } = await setUp()
    const unsent: unknown[] = []
    manager.on('cookieUnsent', event => unsent.push(event))
    const answer = make()
    const given = await manager.handle(request(), session => {
      session.set('user', 'astaxie')
      return answer
    })
    expect(given).toBe(answer)
    expect(unsent).toEqual([{ id: expect.stringMatching(/^[0-9a-f]{64}$/) }])
  },
)

it('onError answers what the handler throws, and its response has the cookie of a new id', async () => {
  const { manager } = await setUp()
  const old = await started(manager)
  const response = await manager.handle(
    request(old),
    async session => {
      session.set('user', 'astaxie')
      await session.sessionRegenerateID()
      throw new Error('in the middle of it')
    },
    error => new Response((error as Error).message, { status: 500 }),
  )
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 500,
    body: 'in the middle of it',
  })
  expect(await read(manager, old)).toEqual({})
  expect(await read(manager, cookieOf(response.headers))).toEqual({ n: 1, user: 'astaxie' })
})

it('onError answers a save that fails after a new id, and its response has the cookie of that id', async () => {
  const { manager, store } = await setUp()
  const old = await started(manager)
  let isCancelled = false
  const response = await manager.handle(
    request(old),
    async session => {
      await session.sessionRegenerateID()
      session.set('user', 'astaxie')
      store.before = () => {
        throw new Error('down')
      }
      return new Response(
        new ReadableStream({
          cancel() {
            isCancelled = true
          },
        }),
      )
    },
    error => new Response((error as { code: string }).code, { status: 500 }),
  )
  store.before = () => undefined
  expect(await response.text()).toBe('ERR_OUTCOME_UNKNOWN')
  expect(isCancelled).toBe(true)
  expect(await read(manager, cookieOf(response.headers))).toEqual({ n: 1 })
})

it('onError answers a load that fails', async () => {
  const { manager, store } = await setUp()
  const cookie = await started(manager)
  store.before = () => {
    throw new Error('down')
  }
  const response = await manager.handle(
    request(cookie),
    () => new Response('never'),
    () => new Response('away', { status: 503 }),
  )
  expect(response.status).toBe(503)
})

it('without onError the lost cookie of a new id is told by an event', async () => {
  const { manager } = await setUp()
  const unsent: unknown[] = []
  manager.on('cookieUnsent', event => unsent.push(event))
  await expect(
    manager.handle(request(await started(manager)), async session => {
      await session.sessionRegenerateID()
      throw new Error('in the middle of it')
    }),
  ).rejects.toThrow('in the middle of it')
  expect(unsent).toHaveLength(1)
})

it('a change while the body streams is saved by itself', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const response = await manager.handle(
    request(cookie),
    session =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              session.set('n', 2)
              controller.close()
            },
          },
          { highWaterMark: 0 },
        ),
      ),
  )
  await response.text()
  await expect.poll(() => read(manager, cookie)).toEqual({ n: 2 })
})

it('a change while the body streams that needs a cookie is told by an event', async () => {
  const { manager } = await setUp()
  const happenings = record(manager)
  const response = await manager.handle(
    request(),
    session =>
      new Response(
        new ReadableStream(
          {
            pull(controller) {
              session.set('n', 2)
              controller.close()
            },
          },
          { highWaterMark: 0 },
        ),
      ),
  )
  await response.text()
  await expect
    .poll(() => happenings)
    .toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_HEADERS_SENT' } } }])
})

it('the session of a handler ends and renews itself, under beego’s names too', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const response = await manager.handle(request(cookie), async session => {
    await session.destroySession()
    session.setSession('user', 'next')
    return new Response(session.getSession('user'))
  })
  expect(await response.text()).toBe('next')
  expect(await read(manager, cookie)).toEqual({})
  expect(await read(manager, cookieOf(response.headers))).toEqual({ user: 'next' })
})
