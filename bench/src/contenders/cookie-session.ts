import type { IncomingMessage } from 'node:http'
import cookieSession from 'cookie-session'
import { answer, type Contender, onObject } from '../contender.ts'
import type { BenchData } from '../session-data.ts'

const middleware = cookieSession({ keys: ['bench-secret'], httpOnly: true, sameSite: 'lax', path: '/' })

export const contender: Contender =
  ({ data }) =>
  (req, res) => {
    middleware(req, res, () =>
      answer(
        res,
        onObject(req.url, () => (req as IncomingMessage & { session: BenchData }).session, data),
      ),
    )
  }
