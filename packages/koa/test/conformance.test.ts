import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { sessions } from '@sess/koa'
import { type AdapterSubject, listening, nodeAnswers, testAdapter } from '@sess/testkit/adapter'
import Koa3, { type Context } from 'koa'
import Koa2 from 'koa2'

for (const [name, Koa] of [
  ['Koa 2', Koa2],
  ['Koa 3', Koa3],
] as const)
  testAdapter(subject(name, Koa))

function subject(name: string, Koa: typeof Koa3): AdapterSubject<Context> {
  return {
    name,
    hasProxySetting: true,
    serve: ({ sessions: manager, options, routes, trustProxy, onError }) => {
      const app = new Koa({ proxy: trustProxy })
      app.silent = true
      if (onError)
        app.use(async (ctx, next) => {
          try {
            await next()
          } catch (error) {
            ctx.status = (error as { status?: number }).status ?? 500
            ctx.body = onError(error)
          }
        })
      app.use(sessions(manager, options))
      for (const { path, options: own, handle } of routes) {
        if (own) app.use((ctx, next) => (ctx.path === path ? sessions(manager, own)(ctx, next) : next()))
        app.use((ctx, next) => (ctx.path === path ? handle(ctx) : next()) as Promise<void>)
      }
      return listening(createServer(app.callback()))
    },
    session: ctx => ctx.session,
    assign: (ctx, session) => {
      ctx.session = session
    },
    send: (ctx, { status, headers, body }) => {
      ctx.set(headers)
      ctx.status = status
      ctx.body = status === 304 || status === 204 ? null : body
    },
    redirect: (ctx, path) => ctx.redirect(path),
    stream: (ctx, body) => {
      ctx.body = body
    },
    answers: {
      'ctx.body = a buffer': ctx => {
        ctx.body = Buffer.from('done')
      },
      JSON: ctx => {
        ctx.type = 'json'
        ctx.body = '"done"'
      },
      'ctx.body = a stream with a length': ctx => {
        ctx.body = Readable.from([Buffer.from('done')])
        ctx.length = 4
      },
      'ctx.flushHeaders': ctx => {
        ctx.status = 200
        ctx.flushHeaders()
        ctx.body = 'done'
      },
      'ctx.res.end': ctx => {
        ctx.status = 200
        ctx.res.end('done')
      },
      ...nodeAnswers<Context>(ctx => {
        ctx.respond = false
        return ctx.res
      }),
      'a stream without Koa': ctx => {
        ctx.respond = false
        ctx.status = 200
        return pipeline(Readable.from([Buffer.from('do'), Buffer.from('ne')]), ctx.res)
      },
    },
  }
}
