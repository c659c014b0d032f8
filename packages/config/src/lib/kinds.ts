import type { KeyName } from './sessions-config.ts'

/** What a setting may be. */
export interface Kind {
  /** In words, with an example. */
  readonly expected: string
  accepts(value: unknown): boolean
  /** What the text of a file or of an environment variable stands for; something not accepted if it is wrong. */
  read(text: string): unknown
}

// The original's two lists, and no other spelling.
const yes = ['1', 't', 'T', 'true', 'TRUE', 'True', 'YES', 'yes', 'Yes', 'Y', 'y', 'ON', 'on', 'On']
const no = ['0', 'f', 'F', 'false', 'FALSE', 'False', 'NO', 'no', 'No', 'N', 'n', 'OFF', 'off', 'Off']

const flag: Kind = {
  expected: 'must be true or false',
  accepts: value => typeof value === 'boolean',
  read: text => (yes.includes(text) ? true : no.includes(text) ? false : undefined),
}

/** The field `secure` of `sessionConfig`, which is no key of its own. */
export const secure: Kind = {
  expected: "must be true, false or 'always'",
  accepts: value => typeof value === 'boolean' || value === 'always',
  read: text => (text === 'always' ? text : flag.read(text)),
}

const sameSites = ['default', 'lax', 'strict', 'none', 1, 2, 3, 4]

const sameSite: Kind = {
  expected: "must be 'default', 'lax', 'strict' or 'none', or the original's 1, 2, 3 or 4 for them",
  accepts: value => sameSites.includes(value as string),
  read: text => (/^[1-4]$/.test(text) ? Number(text) : text.toLowerCase()),
}

/** What numbers core takes at most for a time. */
const MAX_SECONDS = 0xffffffff

function whole(least: number, most: number, unit: string, example: number): Kind {
  return {
    expected: `must be a whole number of ${unit} from ${least} to ${most}, e.g. ${example}`,
    accepts: value => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    read: text => (/^[+-]?\d+$/.test(text) ? Number(text) : undefined),
  }
}

function text(example: string, alsoAccepts: (value: unknown) => boolean = () => false): Kind {
  return {
    expected: `must be a string, e.g. '${example}'`,
    accepts: value => typeof value === 'string' || alsoAccepts(value),
    read: text => text,
  }
}

export const kinds: Record<KeyName, Kind> = {
  sessionOn: flag,
  sessionProvider: text('redis'),
  sessionProviderConfig: text('127.0.0.1:6379', value => typeof value === 'object' && value !== null),
  sessionName: text('beegosessionID'),
  sessionGCMaxLifetime: whole(1, MAX_SECONDS, 'seconds', 3600),
  sessionCookieLifeTime: whole(0, MAX_SECONDS, 'seconds', 3600),
  sessionHashFunc: text('sha1', value => typeof value === 'function'),
  sessionHashKey: text('a long secret', value => Array.isArray(value) && value.every(isString)),
  sessionDomain: text('example.org'),
  sessionCookieSameSite: sameSite,
  sessionDisableHTTPOnly: flag,
  sessionAutoSetCookie: flag,
  sessionIDPrefix: text('app1-'),
  sessionIDLength: whole(16, 64, 'random bytes', 16),
  sessionEnableSidInHTTPHeader: flag,
  sessionNameInHTTPHeader: text('Beegosessionid'),
  sessionEnableSidInURLQuery: flag,
  sessionConfig: text('{"cookieName":"gosessionid","maxLifetime":3600}'),
}

/** Names of old versions. */
const oldNames: Record<string, KeyName> = { sessionsavepath: 'sessionProviderConfig' }

const names = new Map<string, KeyName>([
  ...Object.entries(oldNames),
  ...Object.keys(kinds).map(name => [name.toLowerCase(), name as KeyName] as const),
])

/** The key of that name, in any case. */
export function keyNamed(name: string): KeyName | undefined {
  return names.get(name.toLowerCase())
}

export const knownKeys: string = Object.keys(kinds).join(', ')

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
