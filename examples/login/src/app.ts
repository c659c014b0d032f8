import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Manager } from '@sess/core'
import { HttpError, isCrossSite, type Routes, sendPage } from './http.ts'
import { counterRoutes } from './pages/counter.ts'
import { loginRoutes } from './pages/login.ts'
import { racesRoutes } from './pages/races.ts'
import { publicRoutes } from './public-files.ts'
import type { Settings, Visitor } from './sessions.ts'
import { errorPage } from './views/layout.ts'

/** The whole app, as `node:http` wants it. */
export function createApp(sessions: Manager<Visitor>, settings: Settings): RequestListener {
  const routes: Routes = {
    ...loginRoutes(sessions, settings),
    ...counterRoutes(sessions),
    ...racesRoutes(sessions),
    ...publicRoutes(),
  }

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const method = req.method === 'HEAD' ? 'GET' : req.method
    const path = req.url?.split('?')[0] ?? '/'
    const handler = Object.hasOwn(routes, `${method} ${path}`) ? routes[`${method} ${path}`] : undefined
    if (!handler) throw new HttpError(404, 'There is no such page.')
    if (method !== 'GET' && isCrossSite(req)) throw new HttpError(403, 'Another site sent this form.')
    await handler(req, res)
  }

  return (req, res) => {
    answer(req, res).catch(error => {
      if (res.headersSent) return void res.destroy()
      if (error instanceof HttpError) {
        // The rest of a body that nobody reads is not worth waiting for.
        if (!req.complete) res.setHeader('Connection', 'close')
        return sendPage(res, errorPage(error.message), error.status)
      }
      console.error(error)
      sendPage(res, errorPage('The server could not do that. It has written down why.'), 500)
    })
  }
}
