import { createServer, type RequestListener } from 'node:http'
import { pipeline, type Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { sessions } from '@sess/express'
import { type AdapterSubject, listening, nodeAnswers } from '@sess/testkit/adapter'
import type express from 'express'
import type { NextFunction, Request, Response } from 'express'

export interface Context {
  req: Request
  res: Response
}

/** Express, in whichever version. */
export function subjectOf(name: string, createApp: () => express.Express): AdapterSubject<Context> {
  return {
    name,
    hasProxySetting: true,
    serve: ({ sessions: manager, options, routes, trustProxy, onError }) => {
      const app = createApp()
      app.set('trust proxy', trustProxy)
      app.set('env', 'test')
      app.use(sessions(manager, options))
      for (const { path, options, handle } of routes) {
        const own = options ? [sessions(manager, options)] : []
        app.all(path, ...own, async (req: Request, res: Response, next: NextFunction) => {
          try {
            await handle({ req, res })
          } catch (error) {
            // Express 4 does not wait for handlers.
            next(error)
          }
        })
      }
      if (onError)
        app.use((error: { status?: number }, _: Request, res: Response, next: NextFunction) => {
          if (res.headersSent) next(error)
          else res.status(error.status ?? 500).send(onError(error))
        })
      return listening(createServer(app as RequestListener))
    },
    session: ({ req }) => req.session,
    assign: ({ req }, session) => {
      // The types of express-session, which are in this program too, have no null.
      Object.assign(req, { session })
    },
    send: ({ res }, { status, headers, body }) => res.status(status).set(headers).send(body),
    redirect: ({ res }, path) => res.redirect(path),
    stream: ({ res }, body) => pipe(body, res),
    answers,
  }
}

const file = fileURLToPath(new URL('done.txt', import.meta.url))

const answers: AdapterSubject<Context>['answers'] = {
  'res.json': ({ res }) => res.set('Content-Language', 'de').json('done'),
  'res.send of a buffer': ({ res }) => res.send(Buffer.from('done')),
  'res.send after early hints': ({ res }) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    res.send('done')
  },
  'res.sendStatus': ({ res }) => res.sendStatus(204),
  'res.redirect with a status': ({ res }) => res.redirect(303, '/next'),
  'res.sendFile': ({ res }) => res.sendFile(file),
  'res.download': ({ res }) => res.download(file),
  'res.format': ({ res }) => res.format({ 'text/plain': () => res.send('done') }),
  ...nodeAnswers<Context>(({ res }) => res),
}

function pipe(body: Readable, res: Response): void {
  pipeline(body, res, () => {})
}
