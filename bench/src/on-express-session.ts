import type { IncomingMessage } from 'node:http'
import session, { type Store } from 'express-session'
import { answer, fail, type Handler, onObject } from './contender.ts'
import type { BenchData } from './session-data.ts'

/** express-session in its best case: no framework around it, and no write that can be left out. */
export function onExpressSession(store: Store | undefined, data: BenchData): Handler {
  const middleware = session({
    secret: 'bench-secret',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', path: '/' },
    ...(store && { store }),
  })
  return (req, res) => {
    middleware(req, res, error => {
      if (error) return fail(res, error)
      answer(
        res,
        onObject(req.url, () => (req as IncomingMessage & { session: BenchData }).session, data),
      )
    })
  }
}
