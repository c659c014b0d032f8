import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer, fail, type Handler } from './contender.ts'
import type { BenchData } from './session-data.ts'

/** What a driver does for a session, one round trip each. */
export interface Driver {
  get(id: string): Promise<string>
  set(id: string, json: string): Promise<unknown>
  /** For a session that is new. */
  add(id: string, json: string): Promise<unknown>
}

const COOKIE = 'sid='
const ID_LENGTH = 32

/** JSON under an id from the cookie, and no more than that: what a session cannot be had for less than. */
export function onDriver({ get, set, add }: Driver, data: BenchData): Handler {
  async function body(req: IncomingMessage, res: ServerResponse): Promise<string> {
    if (req.url === '/untouched') return 'hello'
    if (req.url === '/login') {
      const id = randomBytes(ID_LENGTH / 2).toString('hex')
      await add(id, JSON.stringify(data))
      res.setHeader('Set-Cookie', `${COOKIE}${id}; Path=/; HttpOnly; SameSite=Lax`)
      return 'hello'
    }
    const id = idOf(req)
    const session = JSON.parse(await get(id)) as BenchData
    if (req.url === '/read') return session.username
    session.count += 1
    await set(id, JSON.stringify(session))
    return String(session.count)
  }

  return async (req, res) => {
    try {
      answer(res, await body(req, res))
    } catch (error) {
      fail(res, error)
    }
  }
}

function idOf({ headers: { cookie = '' } }: IncomingMessage): string {
  const start = cookie.indexOf(COOKIE) + COOKIE.length
  return cookie.slice(start, start + ID_LENGTH)
}
