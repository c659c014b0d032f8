import type { AppData, Manager } from '@sess/core'
import { sessions } from '@sess/express'
import express, { type Express } from 'express'

declare module '@sess/core' {
  interface AppSession {
    asta: number
    username: string
  }
}

const form = '<form method="post"><input name="username"><button>Log in</button></form>'

/** The original's counter, and its login. */
export function createApp(manager: Manager<AppData>): Express {
  const app = express()
  app.use(sessions(manager))

  app.get('/', (req, res) => {
    const num = req.session.getSession('asta') ?? 0
    req.session.setSession('asta', num + 1)
    res.json({ num })
  })

  app.get('/login', (req, res) => {
    const username = req.session.get('username')
    if (username === undefined) res.send(form)
    else res.type('text').send(`hello ${username}`)
  })
  app.post('/login', express.urlencoded(), async (req, res) => {
    await req.session.sessionRegenerateID()
    req.session.set('username', String(req.body.username))
    res.redirect('/login')
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroySession()
    res.redirect('/login')
  })

  return app
}
