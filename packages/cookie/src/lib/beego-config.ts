import { readNumber } from '@sess/core/engine'
import type { CookieSettings } from './cookie-config.ts'
import { checkSecret, shown, wrong } from './secret.ts'

const example =
  '{"cookieName":"gosessionid","securityKey":"…","blockKey":"…","securityName":"…","maxage":3600,"secure":true}'

/** The fields of the original, in the only types that they may have. */
interface BeegoConfig {
  cookieName?: string
  securityKey?: string
  blockKey?: string
  securityName?: string
  maxage?: number
  secure?: boolean | 'always'
}

const types = {
  cookieName: 'string',
  securityKey: 'string',
  blockKey: 'string',
  securityName: 'string',
  maxage: 'number',
  secure: 'boolean',
} as const satisfies Record<keyof BeegoConfig, string>

/** The original's configuration. @throws ERR_CONFIG */
export function readBeegoConfig(json: object, cookieName: string): CookieSettings {
  const config = checkFields(json)
  if (config.cookieName !== undefined && config.cookieName !== cookieName)
    throw wrong(
      `: 'cookieName' is '${config.cookieName}', but the manager's is '${cookieName}'; make them the same, e.g. newManager('cookie', { cookieName: '${config.cookieName}', … })`,
    )
  const { securityKey = '', blockKey = '', securityName = '', maxage, secure } = config
  checkSecret(securityKey + blockKey, "'securityKey' with 'blockKey'")
  return {
    // As a list, so that the same characters in other fields are another secret.
    secrets: [JSON.stringify([securityKey, blockKey, securityName])],
    maxCookies: undefined,
    cookie: {
      ...(maxage !== undefined && { cookieLifeTime: maxage }),
      ...(secure !== undefined && { secure }),
    },
  }
}

function checkFields(json: object): BeegoConfig {
  const config: Record<string, unknown> = {}
  for (const [given, raw] of Object.entries(json)) {
    // Go finds fields whatever their case.
    const name = (Object.keys(types) as (keyof BeegoConfig)[]).find(
      field => field.toLowerCase() === given.toLowerCase(),
    )
    if (name === undefined) throw wrong(`has an unknown field${shown(given)}; it must be e.g. ${example}`)
    const value = name === 'maxage' ? readNumber(raw) : raw
    const isRight = typeof value === types[name] || (name === 'secure' && value === 'always')
    if (!isRight) throw wrong(`: '${name}' must be a ${types[name]}, e.g. ${example}`)
    config[name] = value
  }
  const { maxage = 0 } = config as BeegoConfig
  if (!Number.isInteger(maxage) || maxage < 0 || maxage > 0xffffffff)
    throw wrong(`: 'maxage' must be a whole number of seconds, e.g. ${example}`)
  return config
}
