import { SessionError } from '@sess/core'

/** A session as express-session hands it over: the JSON text of each of its properties, its cookie's too. */
export type Snapshot = ReadonlyMap<string, string>

/** As JSON has it: properties that are `undefined` or functions are left out. @throws ERR_VALUE */
export function snapshotOf(session: object): Snapshot {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(session)) {
    const text = textOf(value, key)
    if (text !== undefined) texts.set(key, text)
  }
  return texts
}

function textOf(value: unknown, key: string): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    throw new SessionError('ERR_VALUE', `The value of '${key}' cannot be stored: JSON cannot say it`, {
      key,
      cause,
    })
  }
}

/** A session as express-session wants it back. */
export function sessionOf(snapshot: Snapshot): object {
  return Object.fromEntries([...snapshot].map(([key, text]) => [key, JSON.parse(text) as unknown]))
}

/** When the session ends, in milliseconds since 1970; `undefined` if its cookie ends with the browser. */
export function expiresOf(snapshot: Snapshot): number | undefined {
  const { expires } = cookieOf(snapshot)
  const moment = typeof expires === 'string' ? Date.parse(expires) : Number.NaN
  return Number.isNaN(moment) ? undefined : moment
}

/** Whether two snapshots differ in more than the moment at which they end. */
export function isChanged(before: Snapshot, after: Snapshot): boolean {
  if (before.size !== after.size) return true
  for (const [key, text] of after)
    if (text !== before.get(key) && (key !== 'cookie' || constantsOf(after) !== constantsOf(before)))
      return true
  return false
}

function constantsOf(snapshot: Snapshot): string {
  return JSON.stringify({ ...cookieOf(snapshot), expires: null, originalExpires: null })
}

function cookieOf(snapshot: Snapshot): { expires?: unknown } {
  return (JSON.parse(snapshot.get('cookie') ?? 'null') ?? {}) as { expires?: unknown }
}
