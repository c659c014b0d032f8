import { type Manager, newManager } from '@sess/core'
import '@sess/file'

/** What a session of this app can hold. `sess.get('usrname')` does not compile. */
export interface Visitor {
  username: string
  loggedInAt: Date
  visits: number
  /** Counted with `update`; see the races page. */
  updated: number
  /** Counted with `get`, then `set`. */
  overwritten: number
  lateNote: string
}

export interface Settings {
  /** The engine's name. */
  provider: string
  /** The engine's config string, in the form that is its own. */
  config: string
  /** Seconds that a session outlives its last use. */
  maxLifetime: number
}

export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    provider: env.SESSION_PROVIDER || 'memory',
    config: env.SESSION_PROVIDER_CONFIG ?? '',
    maxLifetime: Number(env.SESSION_MAX_LIFETIME || 3600),
  }
}

/** Names of engines whose package is called otherwise. */
const packages: Record<string, string> = { postgresql: '@sess/postgres' }

/** An app that knows its engine writes `import '@sess/redis'`; this one is told by its environment. */
async function importEngine(provider: string): Promise<void> {
  if (provider === 'memory' || provider === 'file' || !/^\w+$/.test(provider)) return
  const name = packages[provider] ?? `@sess/${provider}`
  await import(name).catch((error: Error) => {
    // That it is not installed is for `newManager` to say, which knows every engine there is.
    if (!error.message.startsWith(`Cannot find package '${name}'`)) throw error
  })
}

export async function openSessions({ provider, config, maxLifetime }: Settings): Promise<Manager<Visitor>> {
  await importEngine(provider)
  const sessions = await newManager<Visitor>(provider, {
    cookieName: 'gosessionid',
    maxLifetime,
    providerConfig: config,
  })
  // A visitor whose session cannot be saved gets a 500; why is for the log.
  sessions.on('saveError', ({ error }) => console.error(error))
  return sessions
}
