import type { ManagerOptions } from '@sess/core'
import { isPlainObject } from '@sess/core/engine'
import { readAppConf } from './app-conf.ts'
import { expandManagerConfig } from './manager-config.ts'
import type { SameSiteSetting, SessionKeys, SessionsConfig } from './sessions-config.ts'
import { type Settings, settingsOf } from './settings.ts'
import { wrong } from './wrong.ts'

/** What a configuration comes to. */
export interface SessionSettings {
  readonly sessionOn: boolean
  /** The engine's name. */
  readonly provider: string
  /** For `newManager`. */
  readonly options: ManagerOptions
}

/** The settings, and where each was made. */
export interface Read extends SessionSettings {
  /** The file, or what stands for an object. */
  readonly from: string
  readonly settings: Settings
}

type Values = SessionKeys & {
  sessionProvider?: string
  sessionProviderConfig?: unknown
  secure?: boolean | 'always'
}

const sameSites: Record<SameSiteSetting, ManagerOptions['sameSite'] | undefined> = {
  default: undefined,
  lax: 'lax',
  strict: 'strict',
  none: 'none',
  1: undefined,
  2: 'lax',
  3: 'strict',
  4: 'none',
}

/**
 * Reads the path of an `app.conf`, or settings in an object, and connects to nothing. A file is completed by the
 * environment: see the README.
 *
 * @throws ERR_CONFIG, naming the file, the line, the key and the remedy
 */
export function readConfig(config: string | SessionsConfig): SessionSettings {
  const { sessionOn, provider, options } = readSettings(config)
  return { sessionOn, provider, options }
}

/** As `readConfig`. @throws ERR_CONFIG */
export function readSettings(config: string | SessionsConfig): Read {
  const from = typeof config === 'string' ? config : 'config'
  const settings = expandManagerConfig(settingsFrom(config, from))
  const query = settings.get('sessionEnableSidInURLQuery')
  if (query?.value === true)
    throw wrong(
      query.at,
      'sessionEnableSidInURLQuery cannot be true: ids in URLs leak, through logs, referrers and shared links, ' +
        "and a link lets others choose a visitor's session. Leave it out, and use the cookie, or " +
        'sessionEnableSidInHTTPHeader for clients that keep none',
    )
  const values: Values = Object.fromEntries([...settings].map(([name, { value }]) => [name, value]))
  const { sessionOn = false, sessionProvider: provider = 'memory' } = values
  return { sessionOn, provider, options: optionsOf(values), from, settings }
}

function settingsFrom(config: string | SessionsConfig, from: string): Settings {
  if (typeof config === 'string') return readAppConf(config)
  if (isPlainObject(config)) return settingsOf(config, from)
  throw wrong(
    from,
    "must be the path of an app.conf, or an object, e.g. { sessionOn: true, sessionProvider: 'file' }",
  )
}

function optionsOf(values: Values): ManagerOptions {
  const {
    sessionName: cookieName = 'beegosessionID',
    sessionGCMaxLifetime: maxLifetime = 3600,
    sessionProviderConfig: providerConfig = '',
    sessionHashFunc: hashFunc = 'sha1',
    sessionCookieLifeTime: cookieLifeTime = 0,
    sessionHashKey: hashKey,
    sessionDomain,
    sessionCookieSameSite = 'default',
    sessionDisableHTTPOnly,
    sessionAutoSetCookie,
    sessionIDPrefix: idPrefix,
    sessionIDLength: idLength,
    sessionEnableSidInHTTPHeader: isInHeader,
    sessionNameInHTTPHeader: headerName = 'Beegosessionid',
    secure,
  } = values
  const optional = {
    hashKey,
    domain: sessionDomain || undefined,
    sameSite: sameSites[sessionCookieSameSite],
    httpOnly: sessionDisableHTTPOnly === undefined ? undefined : !sessionDisableHTTPOnly,
    idPrefix,
    idLength,
    secure,
    // The original's switch is for the cookie, and in the header's place there is none.
    ...(isInHeader ? { headerName } : { setCookie: sessionAutoSetCookie }),
  }
  return { cookieName, maxLifetime, providerConfig, hashFunc, cookieLifeTime, ...given(optional) }
}

/** Without what is undefined. */
export function given(options: object): ManagerOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
