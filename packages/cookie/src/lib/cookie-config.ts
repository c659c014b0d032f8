import { checkConfigObject, type EngineCookie, isPlainObject, readNumber } from '@sess/core/engine'
import { readBeegoConfig } from './beego-config.ts'
import { checkSecret, shown, wrong } from './secret.ts'

/** Options of the cookie engine. `providerConfig` may also be a secret alone, or the original's JSON. */
export interface CookieConfig {
  /**
   * The secret that seals sessions, or several: the first seals, all open, and what was sealed with another than
   * the first is sealed again. Each has at least 32 bytes and 8 different characters.
   */
  readonly secrets: string | readonly string[]
  /** How many cookies of 4096 bytes a session may fill, from 1 to 50. Default 3: see the README before you raise it. */
  readonly maxCookies?: number
}

export interface CookieSettings {
  readonly secrets: readonly string[]
  readonly maxCookies: number | undefined
  readonly cookie: EngineCookie
}

/** What every browser keeps for one site (RFC 6265bis section 5.6). */
const MAX_COOKIES = 50

const fields = ['secrets', 'maxCookies']
const example = '{ secrets: [process.env.SESSION_SECRET] }'

/** @throws ERR_CONFIG */
export function readConfig(config: unknown, cookieName: string): CookieSettings {
  if (typeof config !== 'string') return readOptions(config)
  if (!config.trimStart().startsWith('{')) {
    checkSecret(config, 'the secret')
    return { secrets: [config], maxCookies: undefined, cookie: {} }
  }
  const json = parse(config)
  return Object.hasOwn(json, 'secrets') ? readOptions(json) : readBeegoConfig(json, cookieName)
}

function parse(text: string): object {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    // What JSON.parse says shows the text, and with it the secret.
  }
  if (!isPlainObject(json))
    throw wrong(`begins with '{' but is not JSON, e.g. {"cookieName":"gosessionid","securityKey":"…"}`)
  return json
}

function readOptions(given: unknown): CookieSettings {
  const config = checkConfigObject(
    'cookie',
    given,
    `a secret, e.g. process.env.SESSION_SECRET, or an object, e.g. ${example}`,
  )
  for (const field of Object.keys(config))
    if (!fields.includes(field))
      throw wrong(`has an unknown field${shown(field)}; it must be e.g. ${example}`)
  const { secrets, maxCookies } = config
  return { secrets: readSecrets(secrets), maxCookies: readMaxCookies(maxCookies), cookie: {} }
}

function readSecrets(secrets: unknown): string[] {
  if (!Array.isArray(secrets)) {
    checkSecret(secrets, "'secrets'")
    return [secrets]
  }
  if (secrets.length === 0) throw wrong(`: 'secrets' must hold at least one, e.g. ${example}`)
  return secrets.map((secret: unknown, i) => {
    checkSecret(secret, `secrets[${i}]`)
    return secret
  })
}

function readMaxCookies(given: unknown): number | undefined {
  if (given === undefined) return undefined
  const value = readNumber(given)
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > MAX_COOKIES)
    throw wrong(`: 'maxCookies' must be a whole number from 1 to ${MAX_COOKIES}, e.g. 2`)
  return value as number
}
