import Koa from 'koa'
import type { Handler } from './contender.ts'

/** An app of Koa that answers with a text. */
export function onKoa(
  answerTo: (path: string, ctx: Koa.Context) => string,
  plugIn: (app: Koa) => void = () => {},
): Handler {
  const app = new Koa()
  plugIn(app)
  app.use(ctx => {
    ctx.body = answerTo(ctx.path, ctx)
  })
  return app.callback()
}
