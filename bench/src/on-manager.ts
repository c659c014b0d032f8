import { type ConfigOf, type Manager, newManager, type Session } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { answer, type Contender, fail, type Handler, type Setting } from './contender.ts'
import type { BenchData } from './session-data.ts'

declare module '@sess/core' {
  interface AppSession extends BenchData {}
}

type AnySession = Session<BenchData> | RequestSession<BenchData>

/** On an engine, with the config that it has in a setting. */
export function onEngine<const Name extends string>(
  name: Name,
  config: (setting: Setting) => ConfigOf<Name>,
): Contender {
  return async setting => {
    const options = { hashKey: 'bench-secret', providerConfig: config(setting) }
    return onManager(await newManager<BenchData, Name>(name, options), setting)
  }
}

/** The same answers as the peers'. In lazy mode as the adapters do it: the session is there, and not loaded. */
function onManager(manager: Manager<BenchData>, { data, lazy }: Setting): Handler {
  return async (req, res) => {
    const { url } = req
    try {
      if (!lazy) return answer(res, onSession(url, await manager.sessionStart(req, res), data))
      const session = manager.requestSession(req, res)
      answer(res, url === '/untouched' ? 'hello' : onSession(url, await session.sessionStart(), data))
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
