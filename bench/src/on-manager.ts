import type { Manager, Session } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { answer, fail, type Handler, type Setting } from './contender.ts'
import type { BenchData } from './session-data.ts'

declare module '@sess/core' {
  interface AppSession extends BenchData {}
}

type AnySession = Session<BenchData> | RequestSession<BenchData>

/** The same answers as the peers', on a manager. */
export function onManager(manager: Manager<BenchData>, { data, lazy }: Setting): Handler {
  if (lazy) return lazily(manager, data)
  return async (req, res) => {
    try {
      answer(res, onSession(req.url, await manager.sessionStart(req, res), data))
    } catch (error) {
      fail(res, error)
    }
  }
}

/** As the adapters do it in lazy mode: the session is there, and not loaded. */
function lazily(manager: Manager<BenchData>, data: BenchData): Handler {
  return async (req, res) => {
    try {
      const session = manager.requestSession(req, res)
      if (req.url === '/untouched') return answer(res, 'hello')
      answer(res, onSession(req.url, await session.sessionStart(), data))
    } catch (error) {
      fail(res, error)
    }
  }
}

export function onSession(path: string | undefined, session: AnySession, data: BenchData): string {
  if (path === '/untouched') return 'hello'
  if (path === '/read') return session.get('username') ?? ''
  if (path === '/change') return String(session.update('count', (n = 0) => n + 1))
  for (const key of Object.keys(data) as (keyof BenchData)[]) session.set(key, data[key])
  return 'hello'
}
