import { createServer } from 'node:http'
import { Browser, listening } from '@sess/testkit/adapter'
import express, { type Express, type Request } from 'express'
import session, { type SessionData, type SessionOptions } from 'express-session'
import { onTestFinished } from 'vitest'

export interface AppSession {
  n?: number
  user?: string
  [key: string]: unknown
}

/** The session of a request, whatever else in this program says of that property. */
export function sessionOf(req: Request): session.Session & SessionData & AppSession {
  return (req as unknown as { session: session.Session & SessionData & AppSession }).session
}

/** Requests that wait in their handler until they are told to go on. */
export class Gate {
  readonly reached: Promise<void>
  readonly opened: Promise<void>
  arrive: () => void = () => {}
  open: () => void = () => {}

  constructor() {
    this.reached = new Promise(resolve => {
      this.arrive = resolve
    })
    this.opened = new Promise(resolve => {
      this.open = resolve
    })
  }
}

export async function browserOf(app: Express): Promise<Browser> {
  const { port, close } = await listening(createServer(app))
  onTestFinished(close)
  return new Browser(port)
}

/** An app as they are written for express-session: what the tests change is the line with the store. */
export async function counterApp(
  options: Partial<SessionOptions> & { store: session.Store },
): Promise<{ browser: Browser; gates: Map<string, Gate>; errors: unknown[] }> {
  const gates = new Map<string, Gate>()
  const errors: unknown[] = []
  const app = express()
  app.set('env', 'test')
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, ...options }))

  app.get('/read', (req, res) => {
    const { cookie, ...data } = sessionOf(req)
    res.json(data)
  })
  app.get('/count', (req, res) => {
    const sess = sessionOf(req)
    sess.n = (sess.n ?? 0) + 1
    res.json(sess.n)
  })
  app.get('/login', (req, res, next) => {
    sessionOf(req).regenerate(error => {
      if (error) return next(error)
      sessionOf(req).user = 'astaxie'
      sessionOf(req).save(error => (error ? next(error) : res.redirect('/read')))
    })
  })
  app.get('/logout', (req, res, next) => {
    sessionOf(req).destroy(error => (error ? next(error) : res.json('bye')))
  })
  app.get('/unset', (req, res) => {
    Object.assign(req, { session: null })
    res.json('bye')
  })
  app.get('/remember', (req, res) => {
    sessionOf(req).cookie.maxAge = 30 * 86_400_000
    sessionOf(req).user = 'remembered'
    res.json('done')
  })
  app.get('/reload', async (req, res, next) => {
    await gates.get('reload')?.opened
    sessionOf(req).reload(error => (error ? next(error) : res.json(sessionOf(req).n ?? null)))
  })
  // A slow request, which writes its key, or only reads.
  app.get('/slow/:key', async (req, res) => {
    const { key } = req.params
    gates.get(key)?.arrive()
    await gates.get(key)?.opened
    if (key !== 'read') sessionOf(req)[key] = true
    res.json('done')
  })
  app.use((error: { status?: number }, _: Request, res: express.Response, next: express.NextFunction) => {
    errors.push(error)
    if (res.headersSent) return next(error)
    res.status(error.status ?? 500).json('failed')
  })
  return { browser: await browserOf(app), gates, errors }
}
