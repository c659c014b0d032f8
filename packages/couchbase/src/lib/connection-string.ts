import { wrong } from './config-error.ts'
import type { Durability } from './couchbase-config.ts'

/** What a connection string says. */
export interface Address {
  /** As the SDK takes it: scheme, hosts and the SDK's own parameters. */
  readonly connectionString: string
  readonly username?: string
  readonly password?: string
  readonly bucket?: string
  readonly scope?: string
  readonly collection?: string
  readonly prefix?: string
  readonly durability?: Durability
}

const own = ['scope', 'collection', 'prefix', 'durability'] as const
const right = `'couchbase://app:secret@db1.local,db2.local/sessions?scope=web&collection=sessions'`

/**
 * `couchbase://user:password@host,host/bucket?scope=…&collection=…&prefix=…&durability=…`, in which parameters that
 * are not the engine's are the SDK's; or one of beego's forms.
 *
 * @throws ERR_CONFIG
 */
export function readAddress(text: string): Address {
  if (/^https?:/i.test(text)) return readHttp(text)
  const parts = /^(couchbases?):\/\/(?:([^/?]*)@)?([^@/?]+)(?:\/([^/?]*))?(?:\?(.*))?$/i.exec(text)
  if (parts === null) throw wrong(`: the connection string is not of the form ${right}`)
  const [, scheme = '', login, hosts = '', bucket = '', query = ''] = parts
  // A '/' or '?' in the password ends it too early, and the rest of it would pass for something to show.
  if (`${bucket}${query}`.includes('@'))
    throw wrong(
      `: '@', '/' and '?' in user, password or parameters have to be written as '%40', '%2F' and '%3F'`,
    )
  if (!hosts.split(',').every(isHost))
    throw wrong(`: a host is not of the form name or name:port; it must be ${right}`)
  const parameters = new URLSearchParams(query)
  const settings = Object.fromEntries(
    own.flatMap(name => (parameters.has(name) ? [[name, parameters.get(name) as string]] : [])),
  )
  for (const name of own) parameters.delete(name)
  const rest = parameters.toString()
  return {
    connectionString: `${scheme.toLowerCase()}://${hosts}${rest && `?${rest}`}`,
    ...readLogin(login),
    ...(bucket && { bucket: decoded(bucket) }),
    ...settings,
  }
}

/**
 * beego's forms, made for SDKs that bootstrapped by HTTP: `http://bucket:password@host:8091`, and
 * `http://host:8091/,pool,bucket`. The bucket's own password, which Couchbase has not had since 5.0, is a user's of
 * the same name.
 */
function readHttp(text: string): Address {
  const parts =
    /^http(s?):\/\/(?:([^/]*)@)?([^@/,?#:]+|\[[^\]]+\])(?::(\d+))?\/?(?:,([^,]*),([^,]*))?$/i.exec(text)
  if (parts === null)
    throw wrong(
      `: a connection string with http is 'http://bucketname:bucketpass@myserver:8091'; others are ${right}`,
    )
  const [, tls = '', login, host = '', port, pool, named] = parts.map(part => part?.trim())
  const scheme = tls ? 'couchbases' : 'couchbase'
  const given = readLogin(login)
  const bucket = named || given.username
  const form = `'${scheme}://app:secret@db1.local/sessions'`
  if (given.username === undefined || given.password === undefined)
    throw wrong(`: there are no credentials, and Couchbase lets nobody in without; put them as in ${form}`)
  if (port !== undefined && port !== (tls ? '18091' : '8091'))
    throw wrong(
      `: the port is not the one that 'http${tls}' stood for (${tls ? '18091' : '8091'}), and the SDK does not speak HTTP to connect; say what you mean in its own form, ${form}`,
    )
  if (pool !== undefined && pool !== '' && pool !== 'default')
    throw wrong(`: there is no such pool; Couchbase has one pool, 'default'`)
  return { connectionString: `${scheme}://${host}`, ...given, ...(bucket && { bucket }) }
}

/** As the SDK has them: `name:port`, with `=mcd` after it or not. */
function isHost(text: string): boolean {
  return /^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5}(?:=\w+)?)?$/i.test(text)
}

function readLogin(login: string | undefined): Pick<Address, 'username' | 'password'> {
  if (login === undefined || login === '') return {}
  const colon = login.indexOf(':')
  if (colon === -1) return { username: decoded(login) }
  return { username: decoded(login.slice(0, colon)), password: decoded(login.slice(colon + 1)) }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw wrong(
      `: a '%' in user, password or bucket has to be written as '%25', and '@', '/' and '?' likewise`,
    )
  }
}
