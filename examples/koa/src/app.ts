import { text } from 'node:stream/consumers'
import type { AppData, Manager } from '@sess/core'
import { sessions } from '@sess/koa'
import Koa, { type Context } from 'koa'

declare module '@sess/core' {
  interface AppSession {
    asta: number
    username: string
  }
}

const form = '<form method="post"><input name="username"><button>Log in</button></form>'

/** The original's counter, and its login. */
export function createApp(manager: Manager<AppData>): Koa {
  const app = new Koa()
  app.use(sessions(manager))

  const routes: Record<string, (ctx: Context) => unknown> = {
    'GET /': ({ session, response }) => {
      const num = session.getSession('asta') ?? 0
      session.setSession('asta', num + 1)
      response.body = { num }
    },

    'GET /login': ({ session, response }) => {
      const username = session.get('username')
      response.body = username === undefined ? form : `hello ${username}`
    },
    'POST /login': async ({ session, req, response }) => {
      const fields = new URLSearchParams(await text(req))
      await session.sessionRegenerateID()
      session.set('username', String(fields.get('username')))
      response.redirect('/login')
    },
    'POST /logout': async ({ session, response }) => {
      await session.destroySession()
      response.redirect('/login')
    },
  }
  app.use(ctx => routes[`${ctx.method} ${ctx.path}`]?.(ctx))

  return app
}
