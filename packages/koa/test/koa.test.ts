import { once } from 'node:events'
import type { Server } from 'node:http'
import { type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessions } from '@sess/koa'
import { Browser } from '@sess/testkit/adapter'
import Koa3 from 'koa'
import Koa2 from 'koa2'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// What only Koa has; what all adapters do is in the conformance tests.

describe.each([
  ['Koa 2', Koa2],
  ['Koa 3', Koa3],
])('%s', (_, Koa) => {
  let app: Koa3
  let store: MemoryStore
  let manager: Manager
  let server: Server | undefined
  const errors: unknown[] = []

  beforeEach(async () => {
    app = new Koa()
    errors.length = 0
    app.on('error', error => errors.push(error))
    store = new MemoryStore({ clock: Date })
    manager = await newManager(fromRecordStore(store))
    app.use(sessions(manager))
  })
  afterEach(async () => {
    server?.close()
    await manager.close()
  })

  async function listen(): Promise<Browser> {
    server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Browser((server.address() as { port: number }).port)
  }

  const refuse = () => {
    store.create = () => {
      throw new Error('backend down')
    }
  }

  it('tells app.on("error") of a failed save, once', async () => {
    refuse()
    app.use(ctx => {
      ctx.session.set('n', 1)
      ctx.status = 201
      ctx.body = { n: 1 }
    })
    const reply = await (await listen()).ask('/')
    expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error', setCookies: [] })
    expect(errors).toMatchObject([{ code: 'ERR_BACKEND', status: 500 }])
  })

  it('saves what was changed before an error that a middleware inside of it answers', async () => {
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch {
        ctx.status = 418
        ctx.body = ctx.session.get('n')
      }
    })
    app.use(ctx => {
      ctx.session.set('n', 1)
      throw new Error('teapot')
    })
    const reply = await (await listen()).ask('/')
    expect(reply).toMatchObject({ status: 418, body: '1' })
    expect(reply.setCookies).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('is told by Koa of a save that fails after the middleware is done', async () => {
    refuse()
    app.use(ctx => {
      ctx.respond = false
      setTimeout(() => {
        ctx.session.set('n', 1)
        ctx.res.end('late')
      }, 20)
    })
    const reply = await (await listen()).ask('/')
    expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error', setCookies: [] })
    expect(errors).toMatchObject([{ code: 'ERR_BACKEND', status: 500 }])
  })

  it('sends an answer that the client has already after the save, too', async () => {
    app.use(ctx => {
      ctx.session.set('seen', true)
      ctx.status = 200
      ctx.set('ETag', '"1"')
      ctx.body = 'hello'
      if (ctx.fresh) ctx.status = 304
    })
    const reply = await (await listen()).ask('/', { headers: { 'if-none-match': '"1"' } })
    expect([reply.status, reply.setCookies.length, await manager.getActiveSession()]).toEqual([304, 1, 1])
  })

  it('has saved when the middleware before it goes on', async () => {
    const seen: unknown[] = []
    const outer = new Koa()
    outer.use(async (ctx, next) => {
      await next()
      seen.push(await manager.getActiveSession(), ctx.headerSent)
    })
    outer.use(sessions(manager))
    outer.use(ctx => {
      ctx.session.set('n', 1)
      ctx.body = ''
    })
    app = outer
    await (await listen()).ask('/')
    expect(seen).toEqual([1, false])
  })
})
