import { isSessionError, type Manager, type ManagerOptions, newManager, type SessionData } from '@sess/core'
import { given, type Read, readSettings } from './read-config.ts'
import type { KeyName, SessionsConfig } from './sessions-config.ts'
import { wrong } from './wrong.ts'

/** What there is where a configuration has not switched sessions on. */
export interface SessionsOff {
  readonly sessionOn: false
  /** Where that was decided, and how to change it: for the error when somebody asks for a session. */
  readonly why: string
}

/** The settings that core's options come from, for its errors. */
const origins: readonly [option: keyof ManagerOptions, name: KeyName | 'secure'][] = [
  ['cookieName', 'sessionName'],
  ['maxLifetime', 'sessionGCMaxLifetime'],
  ['providerConfig', 'sessionProviderConfig'],
  ['hashFunc', 'sessionHashFunc'],
  ['hashKey', 'sessionHashKey'],
  ['cookieLifeTime', 'sessionCookieLifeTime'],
  ['domain', 'sessionDomain'],
  ['sameSite', 'sessionCookieSameSite'],
  ['httpOnly', 'sessionDisableHTTPOnly'],
  ['idPrefix', 'sessionIDPrefix'],
  ['headerName', 'sessionNameInHTTPHeader'],
  ['secure', 'secure'],
]

/**
 * Sessions as an `app.conf` or an object configures them: a manager, or {@link SessionsOff} unless `sessionOn` is true.
 * The engine's package has to be imported.
 *
 * @param options what the configuration has no keys for, such as `trustProxy`; it wins over what there are
 * @throws ERR_CONFIG, naming the file, the line, the key and the remedy, and what the engine throws when it
 * cannot start
 */
export async function openSessions<Data extends object = SessionData>(
  config: string | SessionsConfig,
  options: ManagerOptions = {},
): Promise<Manager<Data> | SessionsOff> {
  const read = readSettings(config)
  if (!read.sessionOn) return { sessionOn: false, why: whyOff(read) }
  const all = { ...read.options, ...given(options) } as ManagerOptions<string>
  return newManager<Data>(read.provider, all).catch((error: unknown) => {
    throw located(error, read, options)
  })
}

function whyOff({ settings, from }: Read): string {
  const set = settings.get('sessionOn')
  return set
    ? `sessionOn is false (${set.at}): set it to true to have sessions`
    : `sessionOn is not set (${from}), and without it there are no sessions: set it to true`
}

/** The error, with the place of the setting that it is about. */
function located(error: unknown, { settings, from }: Read, options: ManagerOptions): unknown {
  if (isSessionError(error, 'ERR_PROVIDER_UNKNOWN'))
    return wrong(settings.get('sessionProvider')?.at ?? from, `sessionProvider: ${error.message}`, error)
  if (!isSessionError(error, 'ERR_CONFIG')) return error
  // What comes after is an example.
  const [problem = ''] = error.message.split('; e.g. ')
  const [first] = origins
    .filter(([option]) => options[option] === undefined)
    .map(([option, name]) => ({ name, index: problem.search(new RegExp(`\\b${option}\\b`)) }))
    .filter(({ index }) => index !== -1)
    .sort((a, b) => a.index - b.index)
  if (!first) return error
  return wrong(settings.get(first.name)?.at ?? from, `${first.name}: ${error.message}`, error)
}
