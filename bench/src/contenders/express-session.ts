import type { IncomingMessage } from 'node:http'
import session, { type SessionOptions } from 'express-session'
import { answer, fail, type Handler } from '../contender.ts'
import { type BenchData, freshData } from '../session-data.ts'

/** express-session in its best case: no framework around it, and no write that can be left out. */
export function expressSession(store: SessionOptions['store']): Handler {
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
      const { session } = req as IncomingMessage & { session: BenchData }
      if (req.url === '/untouched') return answer(res, 'hello')
      if (req.url === '/read') return answer(res, session.username)
      if (req.url === '/change') {
        session.count += 1
        return answer(res, String(session.count))
      }
      Object.assign(session, freshData())
      answer(res, 'hello')
    })
  }
}
