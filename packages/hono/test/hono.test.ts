import { type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessions } from '@sess/hono'
import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { HTTPException } from 'hono/http-exception'
import { stream } from 'hono/streaming'
import { afterEach, beforeEach, expect, it } from 'vitest'

// What only Hono has; what all adapters do is in the conformance tests.

let app: Hono
let store: MemoryStore
let manager: Manager

beforeEach(async () => {
  app = new Hono()
  store = new MemoryStore({ clock: Date })
  manager = await newManager(fromRecordStore(store))
  app.use(sessions(manager))
})
afterEach(() => manager.close())

const refuse = () => {
  store.create = () => {
    throw new Error('backend down')
  }
}

it('needs no server', async () => {
  app.get('/', c => c.json(c.get('session').update('n', n => ((n as number) ?? 0) + 1)))
  const first = await app.request('/')
  const [cookie = ''] = first.headers.getSetCookie()
  const second = await app.request('/', { headers: { cookie } })
  expect([await first.json(), await second.json()]).toEqual([1, 2])
  expect(second.headers.getSetCookie()).toEqual([])
})

it('goes by the scheme of the request', async () => {
  app.get('/', c => c.text(String(c.var.session.update('n', () => 1))))
  expect((await app.request('https://localhost/')).headers.getSetCookie()).toEqual([
    expect.stringContaining('; Secure'),
  ])
})

it('saves what was changed before an error that has a response of its own', async () => {
  app.get('/', c => {
    c.var.session.set('n', 1)
    throw new HTTPException(403, { message: 'not for you' })
  })
  const response = await app.request('/')
  expect(response.status).toBe(403)
  expect(await response.text()).toBe('not for you')
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('saves what was changed in an app that is part of another, with an error handler of its own', async () => {
  const part = new Hono()
  part.onError((error, c) => c.text(`part: ${error.message}`, 500))
  part.get('/', c => {
    c.var.session.set('n', 1)
    throw new Error('oops')
  })
  app.route('/part', part)
  const response = await app.request('/part')
  expect(await response.text()).toBe('part: oops')
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('sends an answer that the client has already after the save, too', async () => {
  app.use(etag())
  app.get('/', c => c.text(String(c.var.session.update('n', () => 1))))
  const first = await app.request('/')
  const second = await app.request('/', { headers: { 'if-none-match': String(first.headers.get('etag')) } })
  expect([second.status, second.headers.getSetCookie().length]).toEqual([304, 1])
  expect(await manager.getActiveSession()).toBe(2)
})

it('has a session for requests that find no route', async () => {
  app.notFound(c => {
    c.var.session.set('lost', c.req.path)
    return c.text('lost', 404)
  })
  const response = await app.request('/nowhere')
  expect(response.status).toBe(404)
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

it('lets go of a body that is not sent because the save fails', async () => {
  refuse()
  app.onError((_error, c) => c.text('failed', 500))
  let reason: unknown
  app.get('/', c => {
    c.var.session.set('n', 1)
    c.header('ETag', '"1"')
    const cancel = (): void => {
      reason = 'cancelled'
    }
    return c.body(new ReadableStream({ cancel }), 201)
  })
  const response = await app.request('/')
  expect([response.status, await response.text(), reason]).toEqual([500, 'failed', 'cancelled'])
  expect(response.headers.has('etag')).toBe(false)
})

it('begins no session once the response has begun', async () => {
  let told: unknown
  app.get('/', c =>
    stream(c, async out => {
      await out.sleep(20)
      c.var.session.set('n', 1)
      told = await c.var.session.sessionRelease().catch(error => error.code)
      await out.close()
    }),
  )
  const response = await app.request('/')
  await response.text()
  expect(told).toBe('ERR_HEADERS_SENT')
  expect(await manager.getActiveSession()).toBe(0)
})
