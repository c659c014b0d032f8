import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { type SessionRequest, sessions } from '@sess/express'
import { type AdapterSubject, listening, nodeAnswers } from '@sess/testkit/adapter'
import connect from 'connect'

interface Context {
  req: SessionRequest
  res: ServerResponse
}

/** Plain connect: middleware, and the methods of Node. */
export const connectSubject: AdapterSubject<Context> = {
  name: 'connect',
  hasProxySetting: false,
  serve: ({ sessions: manager, options, routes, onError }) => {
    const app = connect()
    app.use(sessions(manager, options) as connect.NextHandleFunction)
    const answer =
      (handle: (context: Context) => unknown) =>
      async (req: IncomingMessage, res: ServerResponse, next: connect.NextFunction) => {
        try {
          await handle({ req: req as SessionRequest, res })
        } catch (error) {
          next(error)
        }
      }
    // connect's routes are prefixes: the longest first.
    for (const { path, options, handle } of routes.toSorted((a, b) => b.path.length - a.path.length)) {
      if (options) app.use(path, sessions(manager, options) as connect.NextHandleFunction)
      app.use(path, answer(handle))
    }
    if (onError)
      app.use(
        (error: { status?: number }, _: IncomingMessage, res: ServerResponse, next: connect.NextFunction) => {
          if (res.headersSent) return next(error)
          res.statusCode = error.status ?? 500
          res.end(onError(error))
        },
      )
    return listening(createServer(app))
  },
  session: ({ req }) => req.session,
  assign: ({ req }, session) => {
    // The types of express-session, which are in this program too, have no null.
    Object.assign(req, { session })
  },
  send: ({ res }, { status, headers, body }) => {
    for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
    res.statusCode = status
    res.end(body)
  },
  redirect: ({ res }, path) => res.writeHead(302, { Location: path }).end(),
  stream: ({ res }, body) => pipeline(body, res, () => {}),
  answers: nodeAnswers(({ res }) => res),
}
