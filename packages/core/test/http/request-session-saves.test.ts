import { RequestSession } from '@sess/core/adapter'
import { describe, expect, it } from 'vitest'
import { setUp } from './support/managers.ts'
import { door } from './support/probe-store.ts'
import { serve } from './support/servers.ts'

// How the adapters of frameworks save.

const down = (): never => {
  throw Object.assign(new Error('backend down'), { code: 'ECONNREFUSED' })
}

describe('a save that fails', () => {
  it('is answered by the adapter', async () => {
    const { manager, store } = await setUp()
    store.before = ({ method }) => (method === 'load' ? undefined : down())
    const server = await serve(async (req, res) => {
      const sess = manager.requestSession(req, res, {
        onSaveError: (error, _req, res) => res.end(`mine: ${(error as { code: string }).code}`),
      })
      ;(await sess.sessionStart()).set('n', 1)
      res.end('welcome')
    })
    expect(await server.ask()).toMatchObject({ status: 500, body: 'mine: ERR_BACKEND' })
  })

  it('is the framework’s when it settles by itself: one attempt, and no cookie', async () => {
    const { manager, store } = await setUp()
    const gate = door()
    store.before = ({ method }) => (method === 'load' ? undefined : gate.opened.then(down))
    const server = await serve(async (req, res) => {
      const sess = manager.requestSession(req, res)
      ;(await sess.sessionStart()).set('n', 1)
      gate.open()
      await sess.settle().catch(error => {
        res.statusCode = 502
        res.end(`framework: ${error.code}`)
      })
    })
    expect(await server.ask()).toMatchObject({ status: 502, body: 'framework: ERR_BACKEND', setCookies: [] })
    // The look at what was stored is not another attempt.
    expect(store.methods.filter(method => method !== 'load')).toHaveLength(2)
  })

  it('is one for all that wait for the save, and there is no second attempt', async () => {
    const { manager, store } = await setUp()
    const told: string[] = []
    let attempts = 0
    manager.on('saveError', () => attempts++)
    const server = await serve(async (req, res) => {
      const sess = manager.requestSession(req, res, { onSaveError: () => told.push('gate') })
      ;(await sess.sessionStart()).set('n', 1)
      store.before = down
      res.end('held')
      const both = [sess.settle(), sess.settle()].map(each => each.catch(() => told.push('framework')))
      await Promise.all(both)
      await sess.settle()
      res.end('failed')
    })
    expect(await server.ask()).toMatchObject({ body: 'failed', setCookies: [] })
    expect(told).toEqual(['framework', 'framework'])
    expect(attempts).toBe(1)
  })

  it('leaves the cookie of an earlier save, whose id it is, and takes back what else the answer was to say', async () => {
    const { manager, store } = await setUp()
    const server = await serve(async (req, res) => {
      const sess = manager.requestSession(req, res)
      ;(await sess.sessionStart()).set('n', 1)
      await sess.settle()
      store.before = down
      sess.set('n', 2)
      res.setHeader('ETag', '"of an answer that is not to be"')
      await sess.settle().catch(() => res.end('failed'))
    })
    const reply = await server.ask()
    expect(reply).toMatchObject({ body: 'failed', setCookies: [expect.stringContaining('HttpOnly')] })
    expect(reply.headers).not.toHaveProperty('etag')
  })
})

it('settles what is changed while it settles', async () => {
  const { manager, store } = await setUp()
  const gate = door()
  store.before = () => gate.opened
  const sess = manager.requestSession(new Request('http://localhost/'), new Headers())
  ;(await sess.sessionStart()).set('n', 1)
  const settled = [sess.settle()]
  await new Promise(setImmediate)
  sess.set('n', 2)
  settled.push(sess.settle())
  gate.open()
  await Promise.all(settled)
  expect(store.methods).toEqual(['create', 'update'])
})

describe('a Web response', () => {
  const begin = async () => {
    const { manager } = await setUp()
    const request = new Request('http://localhost/')
    const sess = () => manager.requestSession(request, new Headers())
    return { sess }
  }

  it('gets the cookie beside its own, and what it had', async () => {
    const sess = (await begin()).sess()
    ;(await sess.sessionStart()).set('n', 1)
    await sess.settle()
    const response = sess.respond(
      new Response('hello', {
        status: 201,
        headers: { 'Set-Cookie': 'theme=dark', 'Cache-Control': 'public, max-age=60' },
      }),
    )
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie()).toHaveLength(2)
    expect(response.headers.get('Cache-Control')).toBe('private, max-age=60')
    expect(await response.text()).toBe('hello')
  })

  it('is left alone where nothing changed, and where sessions are off', async () => {
    const sess = (await begin()).sess()
    await sess.sessionStart()
    await sess.settle()
    const response = new Response('hello')
    expect(sess.respond(response)).toBe(response)
    expect(new RequestSession(undefined, undefined, 'no reason').respond(response)).toBe(response)
  })

  it('may go through several layers of an adapter; the last ends the time for cookies', async () => {
    const { sess } = await begin()
    const [outer, inner] = [sess(), sess()]
    await outer.sessionStart()
    inner.set('n', 1)
    await inner.settle()
    const first = inner.respond(new Response('hello'))
    await outer.sessionRegenerateID()
    await outer.settle()
    const last = outer.respond(first)
    expect(last.headers.getSetCookie()).toHaveLength(1)
    expect(last.headers.getSetCookie()).not.toEqual(first.headers.getSetCookie())
    await expect(outer.sessionRegenerateID()).rejects.toMatchObject({ code: 'ERR_HEADERS_SENT' })
  })
})
