import type { AppData, Manager } from '@sess/core'
import { sessions } from '@sess/fastify'
import fastify, { type FastifyInstance } from 'fastify'

declare module '@sess/core' {
  interface AppSession {
    asta: number
    username: string
  }
}

const form = '<form method="post"><input name="username"><button>Log in</button></form>'

/** The original's counter, and its login. */
export function createApp(manager: Manager<AppData>): FastifyInstance {
  const app = fastify()
  app.register(sessions, { manager })
  const formType = 'application/x-www-form-urlencoded'
  app.addContentTypeParser(formType, { parseAs: 'string' }, async (_request: unknown, body: string) =>
    Object.fromEntries(new URLSearchParams(body)),
  )

  app.get('/', async ({ session }) => {
    const num = session.getSession('asta') ?? 0
    session.setSession('asta', num + 1)
    return { num }
  })

  app.get('/login', async ({ session }, reply) => {
    const username = session.get('username')
    return username === undefined ? reply.type('text/html').send(form) : `hello ${username}`
  })
  app.post<{ Body: { username?: string } }>('/login', async ({ session, body }, reply) => {
    await session.sessionRegenerateID()
    session.set('username', String(body?.username))
    return reply.redirect('/login')
  })
  app.post('/logout', async ({ session }, reply) => {
    await session.destroySession()
    return reply.redirect('/login')
  })

  return app
}
