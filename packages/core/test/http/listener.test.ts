import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import { connect } from 'node:net'
import { expect, it, onTestFinished, vi } from 'vitest'
import { setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'

// manager.listener: a handler whose errors are answered.

type Handler = (req: IncomingMessage, res: ServerResponse) => unknown

async function serve(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function printed(): unknown[] {
  const errors: unknown[] = []
  const spy = vi.spyOn(console, 'error').mockImplementation(error => void errors.push(error))
  onTestFinished(() => spy.mockRestore())
  return errors
}

it('answers what an asynchronous handler returns after its session is saved', async () => {
  const { manager } = await setUp()
  const url = await serve(
    createServer(
      manager.listener(async (req, res) => {
        const session = await manager.sessionStart(req, res)
        session.set('user', 'astaxie')
        res.end('hello')
      }),
    ),
  )
  const response = await fetch(url)
  expect(await response.text()).toBe('hello')
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('answers 503 while the backend of the sessions is away, and prints the error', async () => {
  const { manager, store } = await setUp()
  const errors = printed()
  const url = await serve(
    createServer(
      manager.listener(async (req, res) => {
        const session = await manager.sessionStart(req, res)
        res.end(session.get('user') ?? 'nobody')
      }),
    ),
  )
  store.before = () => {
    throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  }
  const response = await fetch(url, { headers: { cookie: `beegosessionID=${'0'.repeat(32)}` } })
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 503,
    body: 'Service Unavailable',
  })
  expect(errors).toMatchObject([{ code: 'ERR_BACKEND' }])
})

it.each<[string, Handler]>([
  [
    'throws',
    () => {
      throw new Error('oops')
    },
  ],
  [
    'rejects',
    async () => {
      await sleep(1)
      throw new Error('oops')
    },
  ],
  ['rejects with undefined', () => Promise.reject(undefined)],
  [
    'has set a head that it does not send',
    async (_, res) => {
      res.setHeader('Content-Length', 3)
      res.setHeader('Set-Cookie', 'theme=dark')
      res.statusCode = 201
      throw new Error('oops')
    },
  ],
])('answers 500 for a handler that %s', async (_, handler) => {
  const { manager } = await setUp()
  const errors = printed()
  const url = await serve(createServer(manager.listener(handler)))
  const response = await fetch(url)
  expect({ status: response.status, body: await response.text() }).toEqual({
    status: 500,
    body: 'Internal Server Error',
  })
  expect(errors).toHaveLength(1)
})

it.each([0, 20])(
  'cuts a response that had begun before the handler threw, with a save of %i ms',
  async delay => {
    const { manager, store } = await setUp()
    store.before = () => sleep(delay)
    printed()
    const url = await serve(
      createServer(
        manager.listener(async (req, res) => {
          ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
          res.write('part')
          throw new Error('oops')
        }),
      ),
    )
    await expect(fetch(url).then(response => response.text())).rejects.toThrow()
  },
)

it('leaves a response alone that the handler has ended before it threw', async () => {
  const { manager, store } = await setUp()
  store.before = () => sleep(10)
  printed()
  const url = await serve(
    createServer(
      manager.listener(async (req, res) => {
        ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
        res.end('whole')
        throw new Error('oops')
      }),
    ),
  )
  expect(await (await fetch(url)).text()).toBe('whole')
})

it('lets `res.end(await f())` work, where f starts the session', async () => {
  const { manager, store } = await setUp()
  store.before = () => sleep(5)
  const url = await serve(
    createServer(
      manager.listener(async (req, res) => {
        const change = async (): Promise<string> => {
          ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
          return 'done'
        }
        res.end(await change())
      }),
    ),
  )
  const response = await fetch(url)
  expect({ status: response.status, body: await response.text() }).toEqual({ status: 200, body: 'done' })
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('answers over HTTP/2, too', async () => {
  const { manager } = await setUp()
  printed()
  const url = await serve(
    createHttp2Server(
      manager.listener(async () => {
        throw new Error('oops')
      }),
    ),
  )
  const client = connectHttp2(url)
  onTestFinished(() => client.close())
  const stream = client.request({ ':path': '/' })
  const [headers] = (await once(stream, 'response')) as [{ ':status': number }]
  expect(headers[':status']).toBe(500)
})

it('is not hurt by a client that hangs up', async () => {
  const { manager } = await setUp()
  const errors = printed()
  let isOver = false
  const url = await serve(
    createServer(
      manager.listener(async (_, res) => {
        await once(res, 'close')
        isOver = true
        throw new Error('oops')
      }),
    ),
  )
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'connect')
  await sleep(20)
  socket.destroy()
  await expect.poll(() => isOver).toBe(true)
  expect(errors).toHaveLength(1)
})
