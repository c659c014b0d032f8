import { type Kind, keyNamed, kinds, knownKeys } from './kinds.ts'
import type { KeyName } from './sessions-config.ts'
import { wrong } from './wrong.ts'

/** A setting, and where it was made: `conf/app.conf:3`. */
export interface Setting {
  readonly value: unknown
  readonly at: string
}

/** `secure` is only in the original's `ManagerConfig`. */
export type Settings = Map<KeyName | 'secure', Setting>

/** Takes up the settings of an object. @throws ERR_CONFIG */
export function settingsOf(config: object, at: string): Settings {
  const settings: Settings = new Map()
  for (const [name, value] of Object.entries(config)) {
    if (value === undefined) continue
    const key = keyNamed(name)
    if (key !== name) throw unknownKey(at, name, key)
    settings.set(key, { value: check(kinds[key], value, at, key), at })
  }
  return settings
}

/** @throws ERR_CONFIG if it is not of that kind */
export function check(kind: Kind, value: unknown, at: string, name: string): unknown {
  if (!kind.accepts(value)) throw wrong(at, `${name} ${kind.expected}`)
  return value
}

export function unknownKey(at: string, name: string, meant?: KeyName): Error {
  const remedy = meant === undefined ? `there are ${knownKeys}` : `it is spelt '${meant}'`
  return wrong(at, `unknown key${shown(name)}; ${remedy}`)
}

/** A name, unless it may hold a secret: in `sessionHashKey:c2VjcmV0=` all before the `=` is the key. */
export function shown(name: string): string {
  return /^\w{1,40}$/.test(name) ? ` '${name}'` : ''
}
