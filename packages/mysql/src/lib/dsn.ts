import { configError } from '@sess/core/engine'
import type { PoolOptions } from 'mysql2'
import { type DsnParameters, readParameters } from './dsn-parameters.ts'

/** What a DSN of go-sql-driver says. */
export interface Dsn extends DsnParameters {
  readonly options: PoolOptions
}

const FORM = `'username:password@protocol(address)/dbname?param=value', e.g. 'app:secret@tcp(127.0.0.1:3306)/app?timeout=3s'`

/**
 * `[username[:password]@][protocol[(address)]]/dbname[?param1=value1&…]`. As in Go, nothing before the last `/`
 * is escaped, so a password may hold any character; the name of the database and the values are.
 *
 * @throws ERR_CONFIG; nothing of the DSN's front part is in the message
 */
export function parseDsn(dsn: string): Dsn {
  const slash = dsn.lastIndexOf('/')
  if (slash < 0) throw wrong(`must be ${FORM}; the / before the name of the database is missing`)
  const question = dsn.indexOf('?', slash)
  const end = question < 0 ? dsn.length : question
  const front = dsn.slice(0, slash)
  const at = front.lastIndexOf('@')
  // First: if it cannot be read, the / may be one of the password, and what follows no parameters.
  const address = readAddress(front.slice(at + 1))
  const parameters = readParameters(question < 0 ? '' : dsn.slice(question + 1))
  const options = {
    ...parameters.options,
    ...address,
    ...readUser(front.slice(0, Math.max(at, 0))),
    ...readDatabase(dsn.slice(slash + 1, end)),
  }
  return { ...parameters, options }
}

function readUser(part: string): PoolOptions {
  const colon = part.indexOf(':')
  if (part === '') return {}
  return colon < 0 ? { user: part } : { user: part.slice(0, colon), password: part.slice(colon + 1) }
}

function readDatabase(part: string): PoolOptions {
  try {
    return part === '' ? {} : { database: decodeURIComponent(part) }
  } catch {
    throw wrong(`has a name of a database with a % that begins no escape; write %25 for it`)
  }
}

function readAddress(part: string): PoolOptions {
  const [, protocol = '', , address = ''] = /^([^(]*)(\((.*)\))?$/s.exec(part) ?? []
  if (protocol + address === '' && part !== '' && part !== '()')
    throw wrong(
      `must be ${FORM}; the address has no closing bracket, or there is a / in a parameter that must be %2F`,
    )
  if (protocol === 'unix') return { socketPath: address || '/tmp/mysql.sock' }
  if (!['', 'tcp', 'tcp4', 'tcp6'].includes(protocol))
    throw wrong(`has a protocol that is not known here; it must be tcp or unix, as in ${FORM}`)
  const [host, port] = splitAddress(address) ?? []
  if (host === undefined || Number(port ?? 1) > 65535)
    throw wrong(`has an address that is not host:port, e.g. 'tcp(127.0.0.1:3306)' or 'tcp([::1]:3306)'`)
  return { host: host || '127.0.0.1', port: Number(port ?? 3306) }
}

/** Host and port; an address of IPv6 may do without brackets. All in one pass, however many colons there are. */
function splitAddress(address: string): [host: string, port: string | undefined] | undefined {
  const [, inBrackets, portBehind] = /^\[([^\]]*)\](?::(\d+))?$/.exec(address) ?? []
  if (inBrackets !== undefined) return [inBrackets, portBehind]
  if (/[[\]]/.test(address)) return undefined
  const colon = address.indexOf(':')
  if (colon < 0 || address.includes(':', colon + 1)) return [address, undefined]
  const port = address.slice(colon + 1)
  return /^\d+$/.test(port) ? [address.slice(0, colon), port] : undefined
}

function wrong(problem: string): Error {
  return configError('mysql', problem)
}
