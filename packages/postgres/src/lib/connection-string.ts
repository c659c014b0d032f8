import { configError } from '@sess/core/engine'
import { ENGINE } from './dialect.ts'

/** Connection parameters by their names in lib/pq and libpq. */
export type Parameters = Readonly<Record<string, string>>

const url = 'postgres://user:password@host:5432/database?sslmode=verify-full'
const pairs = "host=/var/run/postgresql user=app password='it\\'s' dbname=app"

const escapes = `write it as ${url}, with /, ?, #, @ and % in the password written as %2F, %3F, %23, %40 and %25`

const urlForm =
  /^(?:postgres|postgresql):\/\/(?:(?<userinfo>[^/?#]*)@)?(?<host>\[[^\]]*\]|[^@:/?#[\]]*)(?::(?<port>\d*))?(?:\/(?<dbname>[^?#@]*))?(?:\?(?<query>[^#]*))?$/

/**
 * What a connection string says: a URL, or `key=value` pairs with single quotes and backslashes.
 *
 * @throws ERR_CONFIG
 */
export function parseConnectionString(text: string): Parameters {
  return /^[a-z+]+:\/\//i.test(text.trim()) ? parseUrl(text.trim()) : parsePairs(text)
}

function parseUrl(text: string): Parameters {
  const parts = urlForm.exec(text)?.groups
  if (!parts) {
    if (/^[^/]*\/\/[^/?#]*,/.test(text)) throw severalHosts()
    throw malformed(escapes)
  }
  const { userinfo = '', host = '', port = '', dbname = '', query = '' } = parts
  // The password has a ? in it, and what follows would pass for parameters, or for the name of a host.
  if (query.includes('@') && !/(^|&)user=/.test(query)) throw malformed(escapes)
  const [user = '', ...password] = userinfo.split(':')
  return Object.fromEntries(
    [
      ['user', decoded(user)],
      ['password', decoded(password.join(':'))],
      ['host', decoded(host.replace(/^\[(.*)\]$/, '$1'))],
      ['port', port],
      ['dbname', decoded(dbname)],
    ]
      .filter(([, value]) => value !== '')
      .concat([...new URLSearchParams(query)]),
  )
}

function parsePairs(text: string): Parameters {
  const pair =
    /\s*(?<key>[^\s='\\]+)\s*=\s*(?:'(?<quoted>(?:[^'\\]|\\.)*)'|(?<plain>(?:[^\s\\']|\\.)(?:[^\s\\]|\\.)*|))(?=\s|$)/suy
  const parameters: Record<string, string> = {}
  const end = text.trimEnd().length
  while (pair.lastIndex < end) {
    const found = pair.exec(text)?.groups
    if (!found) throw malformed(`write it as ${url} or as ${pairs}`)
    const { key = '', quoted, plain = '' } = found
    // What follows would be shown as a host, or by the server as a user.
    if (plain.includes('password=')) throw malformed(`put a space before 'password=', as in ${pairs}`)
    parameters[key] = (quoted ?? plain).replace(/\\(.)/gsu, '$1')
  }
  return parameters
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw malformed('a % is the start of an escape, e.g. %25 for % itself')
  }
}

/** Without the string, which may hold a password. */
function malformed(remedy: string): Error {
  return configError(ENGINE, `: the connection string cannot be read: ${remedy}`)
}

export function severalHosts(): Error {
  return configError(
    ENGINE,
    ': the driver connects to one host: name an address that leads to the primary, e.g. host=primary.internal',
  )
}
