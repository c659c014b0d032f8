import { checkConfigObject, isPlainObject } from '@sess/core/engine'
import type { ConnectOptions } from 'couchbase'
import { type CouchbaseClient, isBucket, isCluster, isCollection } from './client.ts'
import { wrong } from './config-error.ts'
import { type Address, readAddress } from './connection-string.ts'

/** How many nodes have to have a save before it counts, as the SDK calls it. */
export type Durability = 'none' | 'majority' | 'majorityAndPersistToActive' | 'persistToMajority'

/** Options of the Couchbase engine. `providerConfig` may also be a connection string or a client of the SDK. */
export interface CouchbaseConfig {
  /** Where the cluster is, e.g. `'couchbases://cb.example.cloud.couchbase.com'`. May hold user, password and bucket. */
  readonly connectionString?: string
  readonly username?: string
  readonly password?: string
  /** The bucket, which has to be there. */
  readonly bucket?: string
  /** The scope, which has to be there; with a collection. Default `'_default'`. */
  readonly scope?: string
  /** The collection, which has to be there. Default `'_default'`. */
  readonly collection?: string
  /** In front of every key, so that the collection may hold other documents too. Default `'sess:id:'`. */
  readonly prefix?: string
  /**
   * Which nodes must have a save before it counts. Without it, a save that the active node has answered is lost if
   * that node fails before it has been replicated. Default `'none'`.
   */
  readonly durability?: Durability
  /**
   * Options of the SDK's `connect`, passed on as they are: `authenticator`, `security: { trustStorePath }`,
   * `dnsConfig`, `tracer`, … Only timeouts are the manager's.
   */
  readonly options?: ConnectOptions
  /** A cluster, bucket or collection of the SDK, in place of everything that is needed to connect. */
  readonly client?: CouchbaseClient
}

/** What a configuration comes to. */
export interface Settings {
  /** What is to be connected, or the client that there is. */
  readonly source:
    | { readonly connectionString: string; readonly options: ConnectOptions }
    | { readonly client: CouchbaseClient }
  readonly bucket: string | undefined
  readonly scope: string
  readonly collection: string
  readonly prefix: string
  /** As the SDK numbers it. */
  readonly durabilityLevel: number
}

const DEFAULT = '_default'
const levels: readonly Durability[] = ['none', 'majority', 'majorityAndPersistToActive', 'persistToMajority']
const example = `a connection string, e.g. 'couchbase://app:secret@db1.local/sessions', or an object, e.g. { connectionString: 'couchbase://db1.local', username: 'app', password: 'secret', bucket: 'sessions' }`
const fields: readonly (keyof CouchbaseConfig)[] = [
  'connectionString',
  'username',
  'password',
  'bucket',
  'scope',
  'collection',
  'prefix',
  'durability',
  'options',
  'client',
]

/** @throws ERR_CONFIG */
export function readConfig(config: unknown): Settings {
  if (isCluster(config) || isBucket(config) || isCollection(config)) return readFields({ client: config })
  if (typeof config === 'string') return readFields(readText(config))
  return readFields(checkConfigObject('couchbase', config, example))
}

/** A connection string, or JSON: an object of options, or beego's `{ save_path, pool, bucket }`. */
function readText(text: string): CouchbaseConfig {
  const trimmed = text.trim()
  if (trimmed === '') throw wrong(`must be ${example}`)
  if (!trimmed.startsWith('{')) return readAddress(trimmed)
  let given: unknown
  try {
    given = JSON.parse(trimmed)
  } catch {
    throw wrong('starts as JSON, but is not JSON')
  }
  if (!isPlainObject(given) || !Object.hasOwn(given, 'save_path')) return given as CouchbaseConfig
  const { save_path: path, pool = '', bucket = '', ...others } = given
  const [unknownField] = Object.keys(others)
  if (unknownField !== undefined) throw wrong(`has an unknown field${named(unknownField)} beside 'save_path'`)
  return readAddress(`${String(path)},${String(pool)},${String(bucket)}`)
}

function readFields(given: object): Settings {
  for (const [field, value] of Object.entries(given))
    if (value !== undefined && !fields.includes(field as keyof CouchbaseConfig))
      throw wrong(`has an unknown field${named(field)}; it must be ${example}`)
  const config = withAddress(given as CouchbaseConfig)
  const { prefix = 'sess:id:', durability = 'none' } = config
  for (const field of ['username', 'password', 'bucket', 'scope', 'collection'] as const)
    if (config[field] !== undefined && (typeof config[field] !== 'string' || config[field] === ''))
      throw wrong(`: '${field}' must be a text that is not empty`)
  if (typeof prefix !== 'string' || Buffer.byteLength(prefix) > 100)
    throw wrong(`: 'prefix' must be a text of at most 100 bytes, e.g. { prefix: 'sess:id:' }`)
  if (!levels.includes(durability))
    throw wrong(`: 'durability' must be one of ${levels.join(', ')}, e.g. { durability: 'majority' }`)
  const { scope = DEFAULT, collection = DEFAULT } = config
  const source = readSource(config)
  if (scope !== DEFAULT && collection === DEFAULT)
    throw wrong(`: 'scope' needs a 'collection', e.g. { scope: 'web', collection: 'sessions' }`)
  return {
    ...source,
    scope,
    collection,
    prefix,
    durabilityLevel: levels.indexOf(durability),
  }
}

/** The name of a field, unless it may be a part of a text whose quotes are wrong. */
function named(field: string): string {
  return /^\w{1,40}$/.test(field) ? ` '${field}'` : ''
}

/** What the connection string says counts where no field says otherwise. */
function withAddress(config: CouchbaseConfig): CouchbaseConfig {
  const { connectionString } = config
  if (connectionString === undefined) return config
  if (typeof connectionString !== 'string')
    throw wrong(`: 'connectionString' must be a text, e.g. { connectionString: 'couchbase://db1.local' }`)
  const address: Address = readAddress(connectionString)
  return { ...address, ...config, connectionString: address.connectionString }
}

function readSource(config: CouchbaseConfig): Pick<Settings, 'source' | 'bucket'> {
  const { client, connectionString, username, password, bucket, options = {} } = config
  if (client !== undefined) {
    checkClient(config)
    return { source: { client }, bucket }
  }
  if (connectionString === undefined) throw wrong(`: 'connectionString' is missing; it must be ${example}`)
  if (bucket === undefined)
    throw wrong(`: 'bucket' is missing: name it, as in 'couchbase://app:secret@db1.local/sessions'`)
  if (!isPlainObject(options))
    throw wrong(
      `: 'options' must be those of the SDK's connect, e.g. { security: { trustStorePath: './ca.pem' } }`,
    )
  const hasLogin = (username ?? options.username) !== undefined || options.authenticator !== undefined
  if (!hasLogin)
    throw wrong(`: there are no credentials; put them as in 'couchbase://app:secret@db1.local/sessions'`)
  if (username !== undefined && (password ?? options.password) === undefined)
    throw wrong(`: 'password' is missing; put it as in 'couchbase://app:secret@db1.local/sessions'`)
  const login = { ...(username !== undefined && { username }), ...(password !== undefined && { password }) }
  return { source: { connectionString, options: { ...options, ...login } }, bucket }
}

function checkClient(config: CouchbaseConfig): void {
  const { client } = config
  for (const field of ['connectionString', 'username', 'password', 'options'] as const)
    if (config[field] !== undefined)
      throw wrong(`: '${field}' has no meaning beside 'client', which is connected`)
  const forbid = (...names: ('bucket' | 'scope' | 'collection')[]) => {
    for (const name of names)
      if (config[name] !== undefined)
        throw wrong(`: '${name}' is that of the 'client' that is given: leave it out`)
  }
  if (isCollection(client)) forbid('bucket', 'scope', 'collection')
  else if (isBucket(client)) forbid('bucket')
  else if (!isCluster(client))
    throw wrong(`: 'client' must be a cluster, bucket or collection of the couchbase SDK`)
  else if (config.bucket === undefined)
    throw wrong(`: a cluster needs a 'bucket', e.g. { client: cluster, bucket: 'sessions' }`)
}
