import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { Manager } from '@sess/core'
import { sessions as expressSessions } from '@sess/express'
import { sessions as fastifySessions } from '@sess/fastify'
import { sessions as koaSessions } from '@sess/koa'
import connect from 'connect'
import express from 'express'
import Fastify from 'fastify'
import Koa from 'koa'
import { type Run, runPlan } from './run-plan.ts'

/** The run that a request is for. */
type FindRun = (req: IncomingMessage) => Run | undefined

/** An app of one framework that runs plans, with sessions or, without a manager, without. */
export type MakeApp = (find: FindRun, manager?: Manager) => Promise<Server | Http2Server>

function count(n: unknown = 0): number {
  return (n as number) + 1
}

/** Answers an error, of the handler or of a save, with `error` and a head of its own. */
function answerError(run: Run | undefined, res: ServerResponse): void {
  if (run?.plan.errorHandler !== 'careless' && res.headersSent) {
    if (run) run.isCut = true
    res.socket?.destroy()
    res.destroy()
    return
  }
  try {
    res.statusCode = 500
    res.setHeader('Content-Type', 'text/error')
    res.setHeader('Content-Length', 5)
    res.end('error')
  } catch {
    // Node has refused to begin a second head.
    if (run) run.isCut = true
    res.destroy()
  }
}

async function node(find: FindRun, manager: Manager | undefined, req: IncomingMessage, res: ServerResponse) {
  const run = find(req)
  if (run === undefined) return void res.end('next')
  try {
    const session = await manager?.sessionStart(req, res)
    await runPlan(run, res, () => session?.update('n', count))
  } catch {
    answerError(run, res)
  }
}

export const apps: Readonly<Record<string, MakeApp>> = {
  http: async (find, manager) => createServer((req, res) => void node(find, manager, req, res)),
  http2: async (find, manager) =>
    createHttp2Server((req, res) => void node(find, manager, req as never, res as never)),
  express: async (find, manager) => {
    const app = express()
    app.set('etag', false)
    app.set('env', 'test')
    if (manager) app.use(expressSessions(manager))
    app.use(async (req, res) => {
      const run = find(req)
      if (run === undefined) return void res.end('next')
      await runPlan(run, res, () => manager && req.session.update('n', count))
    })
    app.use((_error: unknown, req: IncomingMessage, res: ServerResponse, _next: unknown) =>
      answerError(find(req), res),
    )
    return createServer(app)
  },
  connect: async (find, manager) => {
    const app = connect()
    if (manager) app.use(expressSessions(manager) as never)
    app.use((req, res, next) => {
      const run = find(req)
      if (run === undefined) return void res.end('next')
      const { session } = req as never as express.Request
      runPlan(run, res, () => manager && session.update('n', count)).catch(next)
    })
    app.use((_error: unknown, req: IncomingMessage, res: ServerResponse, _next: unknown) =>
      answerError(find(req), res),
    )
    return createServer(app)
  },
  fastify: async (find, manager) => {
    const app = Fastify()
    if (manager) await app.register(fastifySessions, { manager })
    app.all('/*', async (request, reply) => {
      const run = find(request.raw)
      if (run === undefined) return 'next'
      await runPlan(run, reply.raw, () => manager && request.session.update('n', count))
      reply.hijack()
      return reply
    })
    app.setErrorHandler((_error, request, reply) => {
      const run = find(request.raw)
      if (reply.raw.headersSent) {
        if (run) run.isCut = true
        reply.hijack()
        reply.raw.destroy()
        return
      }
      void reply.code(500).type('text/error').send('error')
    })
    await app.ready()
    return app.server
  },
  koa: async (find, manager) => {
    const app = new Koa()
    app.silent = true
    app.use(async (ctx, next) => {
      try {
        await next()
      } catch {
        ctx.respond = false
        answerError(find(ctx.req), ctx.res)
      }
    })
    if (manager) app.use(koaSessions(manager))
    app.use(async ctx => {
      const run = find(ctx.req)
      if (run === undefined) {
        ctx.body = 'next'
        return
      }
      ctx.respond = false
      ctx.res.statusCode = 200
      await runPlan(run, ctx.res, () => manager && ctx.session.update('n', count))
    })
    return createServer(app.callback())
  },
}
