import type { AppData, Manager } from '@sess/core'
import { sessions } from '@sess/hono'
import { Hono } from 'hono'

declare module '@sess/core' {
  interface AppSession {
    asta: number
    username: string
  }
}

const form = '<form method="post"><input name="username"><button>Log in</button></form>'

/** The original's counter, and its login. */
export function createApp(manager: Manager<AppData>): Hono {
  const app = new Hono()
  app.use(sessions(manager))

  app.get('/', c => {
    const num = c.var.session.getSession('asta') ?? 0
    c.var.session.setSession('asta', num + 1)
    return c.json({ num })
  })

  app.get('/login', c => {
    const username = c.var.session.get('username')
    return username === undefined ? c.html(form) : c.text(`hello ${username}`)
  })
  app.post('/login', async c => {
    const { username } = await c.req.parseBody()
    await c.var.session.sessionRegenerateID()
    c.var.session.set('username', String(username))
    return c.redirect('/login')
  })
  app.post('/logout', async c => {
    await c.var.session.destroySession()
    return c.redirect('/login')
  })

  return app
}
