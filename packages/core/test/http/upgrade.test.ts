import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Session } from '@sess/core'
import { expect, it, onTestFinished } from 'vitest'
import { type Data, record, setUp } from './support/managers.ts'
import { cookieOf, read, started, request as webRequest } from './support/web.ts'

// A WebSocket begins with a request that has no response of Node's.

/** Opens a connection as a browser does, and gives what `onUpgrade` made of it. */
async function upgrade<T>(cookie: string, onUpgrade: (req: IncomingMessage) => Promise<T>): Promise<T> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const result = new Promise<T>((resolve, reject) =>
    server.once('upgrade', (req: IncomingMessage, socket: Socket) => {
      onUpgrade(req)
        .then(resolve, reject)
        .finally(() => socket.destroy())
    }),
  )
  const { port } = server.address() as AddressInfo
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', ...(cookie && { Cookie: cookie }) }
  request({ host: '127.0.0.1', port, headers })
    .on('error', () => undefined)
    .end()
  return result
}

it('reads and changes the session that the visitor has', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  const n = await upgrade(cookie, async req => {
    const session = await manager.sessionStart(req)
    const before = session.get('n')
    session.update('n', (n = 0) => n + 1)
    await session.sessionRelease()
    return before
  })
  expect(n).toBe(1)
  expect(await read(manager, cookie)).toEqual({ n: 2 })
})

it('is nobody’s session without a cookie, and cannot begin one', async () => {
  const { manager, store } = await setUp()
  const happenings = record(manager)
  await upgrade('', async req => {
    const session: Session<Data> = await manager.sessionStart(req)
    expect(session.isNew).toBe(true)
    session.set('n', 1)
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_HEADERS_SENT' })
  })
  expect(store.methods).toEqual([])
  expect(happenings.map(({ name }) => name)).toEqual(['saveError'])
})

it('can end the session, and cannot move it to an id that the visitor would not get', async () => {
  const { manager } = await setUp()
  const cookie = await started(manager)
  await upgrade(cookie, async req => {
    const session = await manager.sessionStart(req)
    await expect(session.regenerate()).rejects.toMatchObject({ code: 'ERR_HEADERS_SENT' })
    expect(await read(manager, cookie)).toEqual({ n: 1 })
    await manager.sessionDestroy(req)
  })
  expect(await read(manager, cookie)).toEqual({})
  const headers = new Headers()
  await manager.sessionStart(webRequest(cookie), headers)
  expect(cookieOf(headers)).toBe('')
})
