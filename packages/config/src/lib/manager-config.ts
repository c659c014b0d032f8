import { kinds, secure } from './kinds.ts'
import { check, type Setting, type Settings, shown } from './settings.ts'
import { wrong } from './wrong.ts'

const example = '{"cookieName":"gosessionid","maxLifetime":3600}'

/** What the fields of the original's `ManagerConfig` are called beside it, by their names in lower case. */
const fields = new Map<string, keyof typeof kinds | 'secure'>([
  ['cookiename', 'sessionName'],
  ['enablesetcookie', 'sessionAutoSetCookie'],
  // In this order: the lifetime is the one of the two that is given, and maxLifetime if both are.
  ['gclifetime', 'sessionGCMaxLifetime'],
  ['maxlifetime', 'sessionGCMaxLifetime'],
  ['secure', 'secure'],
  ['cookielifetime', 'sessionCookieLifeTime'],
  ['providerconfig', 'sessionProviderConfig'],
  ['domain', 'sessionDomain'],
  ['sessionidlength', 'sessionIDLength'],
  ['sessionidprefix', 'sessionIDPrefix'],
  ['cookiesamesite', 'sessionCookieSameSite'],
  ['disablehttponly', 'sessionDisableHTTPOnly'],
  ['enablesidinhttpheader', 'sessionEnableSidInHTTPHeader'],
  ['sessionnameinhttpheader', 'sessionNameInHTTPHeader'],
  ['enablesidinurlquery', 'sessionEnableSidInURLQuery'],
  // Of versions before 1.4.
  ['sessionidhashfunc', 'sessionHashFunc'],
  ['sessionidhashkey', 'sessionHashKey'],
])

/** Puts what `sessionConfig` says in its place. @throws ERR_CONFIG */
export function expandManagerConfig(settings: Settings): Settings {
  const config = settings.get('sessionConfig')
  if (config === undefined) return settings
  const expanded: Settings = new Map()
  for (const [name, setting] of settings) {
    if (name === 'sessionConfig') continue
    if (name !== 'sessionOn' && name !== 'sessionProvider')
      throw wrong(
        setting.at,
        `${name} has no effect beside sessionConfig (${config.at}): leave one of the two out`,
      )
    expanded.set(name, setting)
  }
  return new Map([...expanded, ...readManagerConfig(config)])
}

/** Whether a name begins or ends as one of the fields does. Any other is not shown: it may be a value in the wrong place. */
function isSlip(name: string): boolean {
  return [...fields.keys()].some(
    field => name.startsWith(field.slice(0, 4)) || name.endsWith(field.slice(-4)),
  )
}

function readManagerConfig({ value, at }: Setting): Settings {
  const given = new Map<string, [name: string, value: unknown]>()
  for (const [name, field] of Object.entries(parse(value as string, at))) {
    // The documents' own example has what is a mark for Go's compiler in a name.
    const lower = name.toLowerCase().replace(/,omitempty$/, '')
    if (!fields.has(lower))
      throw wrong(
        at,
        `sessionConfig: unknown field${isSlip(lower) ? shown(name) : ''}; it must be e.g. ${example}`,
      )
    given.set(lower, [name, field])
  }
  const settings: Settings = new Map()
  for (const [lower, key] of fields) {
    const [name, field] = given.get(lower) ?? []
    // As in Go, these say no more than a field that is left out.
    if (name === undefined || field === null || field === 0 || field === '') continue
    const kind = key === 'secure' ? secure : kinds[key]
    if (typeof field === 'object') throw wrong(at, `sessionConfig: ${name} ${kind.expected}`)
    settings.set(key, { value: check(kind, field, at, `sessionConfig: ${name}`), at })
  }
  return settings
}

function parse(text: string, at: string): object {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // What JSON.parse says shows the text, and with it a password.
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw wrong(at, `sessionConfig must be JSON in one line, e.g. ${example}`)
  return json
}
