/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { newManager } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { sessions } from '@sess/fastify'
import fastify from 'fastify'

interface User {
  username: string
}

export async function plugins(): Promise<void> {
  const app = fastify()
  await app.register(sessions, { manager: await newManager('memory') })
  await app.register(sessions, { manager: await newManager<User>('memory'), lazy: true })
  await app.register(sessions, { manager: { sessionOn: false, why: 'sessionon = false' } })
  await app.register(sessions, {
    manager: await newManager('memory'),
    sessionOn: request => request.url !== '/health',
    onLoadError: (_error, request) => (request.method === 'GET' ? 'anonymous' : 'error'),
  })
  // @ts-expect-error the manager is missing
  await app.register(sessions, { lazy: true })
  // @ts-expect-error a misspelt option
  await app.register(sessions, { manager: await newManager('memory'), lasy: true })

  app.get('/', { config: { session: { lazy: true } } }, async request => {
    const session: RequestSession = request.session
    await session.sessionStart()
    return session.get('username')
  })
  // @ts-expect-error no option of a route
  app.get('/', { config: { session: { lazy: 1 } } }, async () => '')
}
