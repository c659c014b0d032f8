/* What compiles when this package is imported: run by `tsc -p tsconfig.test.json`. Nothing here is ever called. */
import { openSessions, readConfig, type SessionsConfig, type SessionsOff } from '@sess/config'
import { type Manager, type ManagerOptions, newManager } from '@sess/core'
import '@sess/file'

interface User {
  username: string
}

export async function configs(name: string): Promise<void> {
  await openSessions('./conf/app.conf', { trustProxy: true })
  await openSessions({ sessionOn: true })
  await openSessions({
    sessionOn: true,
    sessionProvider: 'memory',
    sessionProviderConfig: { maxSessions: 1000 },
  })
  await openSessions({ sessionOn: true, sessionProviderConfig: { maxSessions: 1000 } })
  await openSessions({ sessionOn: true, sessionProvider: 'file', sessionProviderConfig: './tmp' })
  await openSessions({
    sessionOn: true,
    sessionProvider: 'file',
    sessionProviderConfig: { directory: './tmp' },
  })
  await openSessions({ sessionOn: true, sessionProvider: name, sessionProviderConfig: './tmp' })
  await openSessions({ sessionCookieSameSite: 2, sessionHashKey: ['new', 'old'] })
  const config: SessionsConfig = { sessionOn: true, sessionProvider: 'file' }
  await openSessions(config)
  const { provider, options }: { provider: string; options: ManagerOptions } = readConfig(config)
  console.log(provider, options)
  // @ts-expect-error a misspelt key
  await openSessions({ sessionOnn: true })
  // @ts-expect-error a key in another case
  await openSessions({ SessionOn: true })
  // @ts-expect-error no number of the original's
  await openSessions({ sessionCookieSameSite: 5 })
  // @ts-expect-error a misspelt option of the engine
  await openSessions({ sessionProvider: 'file', sessionProviderConfig: { direktory: './tmp' } })
  // @ts-expect-error no config of the memory engine
  await openSessions({ sessionProvider: 'memory', sessionProviderConfig: { directory: './tmp' } })
  // @ts-expect-error a misspelt option
  await openSessions('./conf/app.conf', { trustPoxy: true })
}

export async function managers(): Promise<void> {
  const sessions: Manager<User> | SessionsOff = await openSessions<User>('./conf/app.conf')
  if ('sessionOn' in sessions) throw new Error(sessions.why)
  const session = await sessions.sessionStart(new Request('http://localhost'), new Headers())
  const username: string | undefined = session.get('username')
  // @ts-expect-error a misspelt key
  session.get('usrname')
  const { provider, options } = readConfig('./conf/app.conf')
  // Of an unknown engine the config is not known.
  await newManager(provider, options)
  console.log(username)
}
