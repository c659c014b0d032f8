import { isPath } from '@sess/core/engine'
import { type Line, readIni } from './ini.ts'
import { keyNamed, kinds } from './kinds.ts'
import type { KeyName } from './sessions-config.ts'
import { check, type Setting, type Settings, unknownKey } from './settings.ts'
import { wrong } from './wrong.ts'

/** A key and its text, and where it is from. */
type Entry = Pick<Line, 'key' | 'value' | 'at'>

/**
 * The settings of an `app.conf`: those before any section, over them those in the section of the run mode, over
 * them the environment's `SESS_SESSIONON`, `SESS_SESSIONPROVIDER`, and so on. What is empty is not set.
 *
 * @throws ERR_CONFIG
 */
export function readAppConf(path: string): Settings {
  if (!isPath(path) || /[\r\n]|session\w*\s*=/i.test(path))
    throw wrong('config', "must be the path of an app.conf, e.g. './conf/app.conf'")
  const lines = readIni(path)
  const common = lines.filter(line => line.section === 'default')
  const mode = (process.env.BEEGO_RUNMODE || lastValue(common, 'runmode') || 'prod').toLowerCase()
  const ofMode = mode === 'default' ? [] : lines.filter(line => line.section === mode)
  return new Map([common.filter(isOurs), ofMode.filter(isOurs), environment()].flatMap(settingsIn))
}

function isOurs({ key }: Entry): boolean {
  return key.startsWith('session')
}

function environment(): Entry[] {
  return Object.entries(process.env)
    .filter(([name]) => name.startsWith('SESS_SESSION'))
    .map(([name, value = '']) => ({ key: name.slice('SESS_'.length).toLowerCase(), value, at: name }))
}

/** The last one counts. */
function lastValue(entries: readonly Entry[], key: string): string | undefined {
  return entries.findLast(entry => entry.key === key)?.value
}

function settingsIn(entries: readonly Entry[]): [KeyName, Setting][] {
  const last = new Map<KeyName, Entry>()
  for (const entry of entries) {
    const name = keyNamed(entry.key)
    if (name === undefined) throw unknownKey(entry.at, entry.key)
    const other = last.get(name)
    if (other !== undefined && other.key !== entry.key)
      throw wrong(
        entry.at,
        `${entry.key} and ${other.key} (${other.at}) are two names of one: leave one of them out`,
      )
    last.set(name, entry)
  }
  return [...last]
    .filter(([, { value }]) => value !== '')
    .map(([name, { value, at }]) => [
      name,
      { value: check(kinds[name], kinds[name].read(value), at, name), at },
    ])
}
