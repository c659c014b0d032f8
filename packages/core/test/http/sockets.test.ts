import { EventEmitter, once } from 'node:events'
import { IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { expect, it } from 'vitest'
import { COOKIE, record, setUp } from './support/managers.ts'
import { cookieOf, read, request, started } from './support/web.ts'

// Sessions of WebSockets, and of requests and responses that are not Node's own.

function upgradeRequest(cookie: string): IncomingMessage {
  return Object.assign(new IncomingMessage(new Socket()), { headers: { cookie } })
}

/** As engine.io gives it to middleware: a few methods, and no events. */
class UpgradeResponse {
  setHeader(): void {}
  getHeader(): void {}
  removeHeader(): void {}
  write(): void {}
  writeHead(): void {}
  end(): void {}
}

it.each([
  ['the response of engine.io', new UpgradeResponse()],
  ['an empty object', {}],
  ['a socket', new Socket()],
  ['null', null],
])(
  'a session can be read and changed with %s as the response, and the change is saved by itself',
  async (_, response) => {
    const { manager } = await setUp()
    const cookie = await started(manager)
    const session = await manager.sessionStart(upgradeRequest(cookie), response as unknown as ServerResponse)
    expect(session.get('n')).toBe(1)
    session.set('n', 2)
    session.update('n', n => (n ?? 0) + 1)
    await expect.poll(() => read(manager, cookie)).toEqual({ n: 3 })
  },
)

it('a session that cannot be begun on a socket is told by an event', async () => {
  const { manager } = await setUp()
  const happenings = record(manager)
  const session = await manager.sessionStart(upgradeRequest(''), {} as ServerResponse)
  session.set('n', 1)
  await expect
    .poll(() => happenings)
    .toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_HEADERS_SENT' } } }])
})

it('reload shows a socket that the visitor has logged out, and a change is an error from then on', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const session = await manager.sessionStart(upgradeRequest(cookie))
  await session.reload()
  expect({ isEnded: session.isEnded, n: session.get('n') }).toEqual({ isEnded: false, n: 1 })
  await manager.sessionDestroy(upgradeRequest(cookie))
  expect(session.get('n')).toBe(1)
  await session.reload()
  expect({ isEnded: session.isEnded, n: session.get('n'), keys: session.keys() }).toEqual({
    isEnded: true,
    n: undefined,
    keys: [],
  })
  for (const change of [
    () => session.set('n', 2),
    () => session.update('n', () => 2),
    () => session.delete('n'),
    () => session.flush(),
    () => session.setLifetime(60),
  ])
    expect(change).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
  await expect(session.regenerate()).rejects.toMatchObject({ code: 'ERR_SESSION_DESTROYED' })
})

it('reload shows a socket what other requests have saved, and drops what it has not saved', async () => {
  const { manager, other } = await setUp()
  const cookie = await started(manager)
  const session = await manager.sessionStart(upgradeRequest(cookie))
  await other.handle(request(cookie), theirs => {
    theirs.set('n', 10)
    return new Response()
  })
  await session.reload()
  expect(session.get('n')).toBe(10)
  session.set('n', 11)
  await session.reload()
  expect(session.get('n')).toBe(10)
})

it('a save of a socket whose session has ended meanwhile is an error, and so is every later change', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const session = await manager.sessionStart(upgradeRequest(cookie))
  await manager.sessionDestroy(upgradeRequest(cookie))
  session.set('n', 2)
  await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_SESSION_DESTROYED' })
  expect(session.isEnded).toBe(true)
  expect(() => session.set('n', 3)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
  expect(await read(manager, cookie)).toEqual({})
})

it('a session that another request has given a new id has ended for a socket', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const session = await manager.sessionStart(upgradeRequest(cookie))
  const headers = new Headers()
  await manager.sessionRegenerateId(request(cookie), headers)
  await session.reload()
  expect(session.isEnded).toBe(true)
  expect(await read(manager, cookieOf(headers))).toEqual({ n: 1 })
})

it('a failed reload leaves the session as it is', async () => {
  const { manager, store } = await setUp()
  const session = await manager.sessionStart(upgradeRequest(await started(manager)))
  session.set('n', 2)
  store.before = () => {
    throw new Error('down')
  }
  await expect(session.reload()).rejects.toMatchObject({ code: 'ERR_BACKEND' })
  expect({ isEnded: session.isEnded, n: session.get('n') }).toEqual({ isEnded: false, n: 2 })
})

it('a mocked request of Node, whose headers have a get of their own, is not taken for one of the Web', async () => {
  const { manager } = await setUp()
  const headers = new Proxy({} as Record<string, unknown>, {
    get: (plain, name) =>
      name === 'get' ? (key: string) => plain[key.toLowerCase()] : plain[name as string],
  })
  const req = Object.assign(new EventEmitter(), { method: 'GET', url: '/', headers })
  const lines: Record<string, unknown> = {}
  const res = Object.assign(new EventEmitter(), {
    statusCode: 200,
    headersSent: false,
    writableEnded: false,
    setHeader(name: string, value: unknown) {
      lines[name.toLowerCase()] = value
    },
    getHeader: (name: string) => lines[name.toLowerCase()],
    getHeaderNames: () => Object.keys(lines),
    removeHeader: (name: string) => void delete lines[name.toLowerCase()],
    writeHead() {},
    write() {},
    flushHeaders() {},
    end() {
      res.headersSent = res.writableEnded = true
      res.emit('finish')
    },
  })
  const session = await manager.sessionStart(req as never, res as never)
  session.set('n', 1)
  const finished = once(res, 'finish')
  res.end()
  await finished
  expect(String(lines['set-cookie'])).toContain(`${COOKIE}=`)
})
