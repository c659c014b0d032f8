/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { sessions } from '@sess/koa'
import Koa from 'koa'

interface User {
  username: string
}

export async function middleware(): Promise<void> {
  const app = new Koa()
  app.use(sessions(await newManager('memory')))
  app.use(sessions(await newManager<User>('memory'), { lazy: true }))
  app.use(sessions({ sessionOn: false, why: 'sessionon = false' }))
  app.use(
    sessions(await newManager('memory'), {
      sessionOn: ctx => ctx.path !== '/health',
      onLoadError: (_error, ctx) => (ctx.method === 'GET' ? 'anonymous' : 'error'),
    }),
  )
  // @ts-expect-error a promise of a manager
  app.use(sessions(newManager('memory')))
  // @ts-expect-error a misspelt option
  app.use(sessions(await newManager('memory'), { lasy: true }))

  app.use(async ctx => {
    const session: RequestSession = ctx.session
    await session.sessionStart()
    // @ts-expect-error there is no such method
    session.gett('username')
    ctx.body = session.get('username')
  })
}
