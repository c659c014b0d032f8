import { getIronSession } from 'iron-session'
import { answer, type Contender, fail, onObject } from '../contender.ts'
import type { BenchData } from '../session-data.ts'

const options = {
  cookieName: 'iron',
  password: 'a bench secret of more than 32 bytes',
  cookieOptions: { secure: false, httpOnly: true, sameSite: 'lax', path: '/', maxAge: undefined },
} as const

/** Its handler is as lazy as one can be: it asks for the session only where it needs it. */
export const contender: Contender =
  ({ data }) =>
  async (req, res) => {
    try {
      if (req.url === '/untouched') return answer(res, 'hello')
      const session = await getIronSession<BenchData>(req, res, options)
      const body = onObject(req.url, () => session, data)
      if (req.url !== '/read') await session.save()
      answer(res, body)
    } catch (error) {
      fail(res, error)
    }
  }
