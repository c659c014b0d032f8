/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { sessions } from '@sess/hono'
import { Hono } from 'hono'

interface User {
  username: string
}

export async function middleware(): Promise<void> {
  const app = new Hono()
  app.use(sessions(await newManager('memory')))
  app.use(sessions(await newManager<User>('memory'), { lazy: true }))
  app.use(sessions({ sessionOn: false, why: 'sessionon = false' }))
  app.use(
    sessions(await newManager('memory'), {
      sessionOn: c => c.req.path !== '/health',
      onLoadError: (_error, c) => (c.req.method === 'GET' ? 'anonymous' : 'error'),
    }),
  )
  // @ts-expect-error a promise of a manager
  app.use(sessions(newManager('memory')))
  // @ts-expect-error a misspelt option
  app.use(sessions(await newManager('memory'), { lasy: true }))

  app.get('/', async c => {
    const session: RequestSession = c.get('session')
    await c.var.session.sessionStart()
    // @ts-expect-error there is no such method
    session.gett('username')
    return c.json(session.get('username') as string)
  })
}
