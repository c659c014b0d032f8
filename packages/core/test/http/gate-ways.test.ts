import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'

// Whatever a handler does first that sends headers, they leave after the save.

const ways: Record<string, (res: ServerResponse) => unknown> = {
  'end(body)': res => res.end('done'),
  'end()': res => res.end(),
  'write, then end': res => {
    res.write('do')
    res.end('ne')
  },
  'flushHeaders, then end': res => {
    res.flushHeaders()
    res.end('done')
  },
  'writeHead(status)': res => res.writeHead(200).end('done'),
  'writeHead(status, object)': res => res.writeHead(200, { 'Content-Type': 'text/plain' }).end('done'),
  'writeHead(status, flat list)': res => res.writeHead(200, ['Content-Type', 'text/plain']).end('done'),
  pipe: res => Readable.from(['do', 'ne']).pipe(res),
  pipeline: res => pipeline(Readable.from(['do', 'ne']), res),
  'pipeline of a generator': res =>
    pipeline(async function* () {
      yield 'do'
      yield 'ne'
    }, res),
  redirect: res => res.writeHead(302, { Location: '/me' }).end(),
  'status 204': res => res.writeHead(204).end(),
  'status 304': res => {
    res.statusCode = 304
    res.end()
  },
}

describe.each(protocols)('over %s', protocol => {
  it.each(Object.entries(ways))('headers leave after the save: %s', async (_, answer) => {
    const { manager, other, store } = await setUp()
    let isSaved = false
    store.before = async ({ method }) => {
      if (method === 'load') return
      await sleep(50)
      isSaved = true
    }
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      session.set('user', 'astaxie')
      await answer(res)
    }, protocol)
    const reader = await serve(async (req, res) => {
      res.end((await other.sessionStart(req, res)).get('user'))
    })

    const browser = new Browser()
    const reply = await browser.open(server)
    expect(isSaved, 'saved when the headers arrive').toBe(true)
    expect(reply.setCookies).toHaveLength(1)
    // As a browser that follows a redirect before the body is there.
    expect((await browser.go(reader)).body).toBe('astaxie')
    const hasBody = reply.status === 200 && answer !== ways['end()']
    expect(await reply.body).toBe(hasBody ? 'done' : '')
    expect(server.thrown).toEqual([])
  })

  it('HEAD too', async () => {
    const { manager, store } = await setUp()
    let isSaved = false
    store.before = async () => {
      await sleep(50)
      isSaved = true
    }
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.setHeader('Content-Length', 4)
      res.end('done')
    }, protocol)
    const reply = await server.ask({ method: 'HEAD' })
    expect(isSaved).toBe(true)
    expect(reply).toMatchObject({ status: 200, body: '' })
    expect(reply.headers['content-length']).toBe('4')
    expect(reply.setCookies).toHaveLength(1)
  })
})

it('a redirect followed on its headers sees the new session, with a backend that takes 200 ms', async () => {
  const { manager, other, store } = await setUp()
  store.before = () => sleep(200)
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.writeHead(303, { Location: '/me' })
    res.end('a body that the browser does not wait for')
  })
  const reader = await serve(async (req, res) => {
    res.end((await other.sessionStart(req, res)).get('user') ?? 'nobody')
  })
  const browser = new Browser()
  const reply = await browser.open(server, { method: 'POST', path: '/login' })
  expect(reply.status).toBe(303)
  expect((await browser.go(reader, reply.headers.location as string)).body).toBe('astaxie')
})

it('a way past the gate, by a method that was looked up before the session was started, is an error', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const start = async () => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/set') session.set('n', 1)
      return session
    }
    // `res.end` is looked up before its argument is worked out.
    res.end(String((await start()).get('n')))
  })
  expect(await server.ask({ path: '/' })).toMatchObject({ status: 200, body: 'undefined' })
  expect(await server.ask({ path: '/set' })).toMatchObject({ body: 'handler failed' })
  expect(server.thrown).toMatchObject([
    { code: 'ERR_HEADERS_SENT', message: expect.stringContaining('in a statement of its own') },
  ])
  expect(store.methods).toEqual(['create'])
})
