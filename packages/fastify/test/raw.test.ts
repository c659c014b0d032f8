import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessions } from '@sess/fastify'
import fastify, { type FastifyReply } from 'fastify'
import { expect, it, onTestFinished } from 'vitest'

// Handlers that write to reply.raw by themselves: Fastify does with them what it does without sessions.

type Handler = (reply: FastifyReply) => unknown

const handlers: Record<string, Handler> = {
  'writes, then throws': reply => {
    reply.raw.write('part')
    throw new Error('oops')
  },
  'ends, then returns a value': reply => {
    reply.raw.end('raw')
    return 'value'
  },
  'writes, then returns a value': reply => {
    reply.raw.write('raw')
    return 'value'
  },
  'ends, then throws': reply => {
    reply.raw.end('raw')
    throw new Error('oops')
  },
  'begins the head, then throws': reply => {
    reply.raw.writeHead(200)
    throw new Error('oops')
  },
  'takes the reply over': reply => {
    reply.hijack()
    reply.raw.write('a')
    setImmediate(() => reply.raw.end('b'))
  },
  'flushes the head, then returns a value': reply => {
    reply.raw.flushHeaders()
    return 'value'
  },
}

/** A manager whose saves take some milliseconds. */
async function slow(): Promise<Manager> {
  const store = new MemoryStore({ clock: Date })
  const later = async <T>(result: T): Promise<T> => {
    await new Promise(resolve => setTimeout(resolve, 5))
    return result
  }
  const manager = await newManager(
    fromRecordStore({
      load: id => store.load(id),
      delete: (id, token) => store.delete(id, token),
      create: async (...record) => later(await store.create(...record)),
      update: async (...record) => later(await store.update(...record)),
    }),
  )
  onTestFinished(() => manager.close())
  return manager
}

/** What comes back on the socket until the connection is cut, or the next page on it has been answered. */
async function answer(handler: Handler, manager?: Manager): Promise<string> {
  const app = fastify()
  if (manager) await app.register(sessions, { manager })
  app.get('/', async (request, reply) => {
    if (manager) request.session.set('user', 'astaxie')
    return handler(reply)
  })
  app.get('/next', async () => 'next')
  await app.listen({ port: 0, host: '127.0.0.1' })
  onTestFinished(() => app.close())
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n')
  let text = ''
  const closed = once(socket, 'close')
  const whole = new Promise<void>(resolve =>
    socket.on('data', data => {
      text += data
      if (text.endsWith('\r\n\r\nnext')) resolve()
    }),
  )
  await Promise.race([closed, whole])
  socket.destroy()
  return text.replace(/^(?:date|set-cookie|cache-control): .*\r\n/gim, '')
}

it.each(Object.entries(handlers))(
  'a handler that %s is answered as without sessions, or cut before its held part has left',
  async (_, handler) => {
    const plain = await answer(handler)
    const withSessions = await answer(handler, await slow())
    if (plain.endsWith('next')) expect(withSessions).toBe(plain)
    else expect(plain.startsWith(withSessions)).toBe(true)
  },
)
