import { checkConfigObject, isHost, isPath, isPlainObject, readNumber } from '@sess/core/engine'
import type { ClusterNode, ClusterOptions, RedisOptions } from 'ioredis'
import { formatAddress, isPort, readAddress } from './address.ts'
import { parseString } from './config-string.ts'
import { isUrl, parseUrl, type UrlOptions } from './config-url.ts'
import { isRedisClient, type RedisClient } from './redis-client.ts'
import {
  clusterOptions,
  nodeOptions,
  numberOptions,
  type RedisAddress,
  type RedisConfig,
  type RedisEngineName,
  type RedisNodeOptions,
  refusedOptions,
  sentinelOptions,
} from './redis-config.ts'
import { wrong } from './wrong.ts'

/** A configuration that was checked: how to come by a client. */
export type Settings = { readonly prefix: string } & (
  | { readonly kind: 'client'; readonly client: RedisClient }
  | { readonly kind: 'server'; readonly options: RedisOptions; readonly address: string }
  | {
      readonly kind: 'sentinel'
      readonly options: RedisOptions
      readonly address: string
      /** Whether to listen to the sentinels. */
      readonly isWatching: boolean
    }
  | {
      readonly kind: 'cluster'
      readonly nodes: ClusterNode[]
      readonly options: ClusterOptions
      readonly address: string
    }
)

const example = `'127.0.0.1:6379,100,password', a URL such as 'redis://127.0.0.1:6379', an object such as { host: '127.0.0.1', password: '…' }, or a client of ioredis`
const ownFields = ['prefix', 'url', 'cluster', 'sentinel', 'client']
const examples: Record<RedisEngineName, string> = {
  redis: `{ host: '127.0.0.1', port: 6379 }`,
  redis_cluster: `{ cluster: { nodes: ['10.0.0.1:6379', '10.0.0.2:6379'] } }`,
  redis_sentinel: `{ sentinel: { sentinels: ['10.0.0.1:26379', '10.0.0.2:26379'], name: 'mymaster' } }`,
}

/** @throws ERR_CONFIG */
export function readConfig(given: unknown, name: RedisEngineName): Settings {
  if (isRedisClient(given)) return readConfig({ client: given }, name)
  const config: RedisConfig =
    typeof given === 'string' ? parseString(given, name) : checkConfigObject('redis', given, example)
  const { prefix = 'sess:id:', client } = config
  if (typeof prefix !== 'string' || !prefix.isWellFormed())
    throw wrong(`: 'prefix' must be a string, e.g. { prefix: 'sess:id:' }`)
  if (client !== undefined) return { kind: 'client', prefix, client: readClient(config, name) }
  checkFields(config, [...ownFields, ...Object.keys(nodeOptions)], '')
  const options = { ...readUrl(config.url), ...pick(config, nodeOptions) } as RedisNodeOptions
  checkValues(options)
  const { cluster, sentinel } = config
  for (const [field, value] of Object.entries({ cluster, sentinel }))
    if (value !== undefined && !isPlainObject(value))
      throw wrong(
        `: '${field}' must be an object, e.g. ${examples[`redis_${field as 'cluster' | 'sentinel'}`]}`,
      )
  if (name === 'redis_cluster' ? !cluster : name === 'redis_sentinel' ? !sentinel : cluster && sentinel)
    throw wrong(`: '${name}' needs one of its own kind, e.g. ${examples[name]}`)
  if ((cluster || sentinel) && (options.host || options.port || options.path))
    throw wrong(`names a single server beside '${cluster ? 'cluster' : 'sentinel'}': leave one of them out`)
  if (cluster) return { prefix, ...clusterSettings(cluster, options) }
  if (sentinel) return { prefix, ...sentinelSettings(sentinel, options) }
  const { host = '127.0.0.1', port = 6379, path } = options
  const address = path ?? formatAddress({ host, port })
  return { kind: 'server', prefix, options: path ? options : { ...options, host, port }, address }
}

function readClient(config: RedisConfig, name: RedisEngineName): RedisClient {
  const { client, prefix: _, ...others } = config
  if (!isRedisClient(client))
    throw wrong(`: 'client' must be a Redis or a Cluster of ioredis, e.g. { client: new Redis(…) }`)
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? []
  if (other !== undefined)
    throw wrong(`has '${other}' beside 'client', which has options of its own: leave one of them out`)
  if (client.isCluster !== (name === 'redis_cluster') && name !== 'redis')
    throw wrong(`: 'client' must be a ${name === 'redis_cluster' ? 'Cluster' : 'Redis'} of ioredis`)
  return client
}

function readUrl(url: unknown): UrlOptions {
  if (url === undefined) return {}
  if (typeof url !== 'string' || !isUrl(url))
    throw wrong(`: 'url' must be a URL, e.g. { url: 'redis://user:password@127.0.0.1:6379/0' }`)
  return parseUrl(url, 'redis')
}

function clusterSettings(
  cluster: NonNullable<RedisConfig['cluster']>,
  node: RedisNodeOptions,
): { kind: 'cluster'; nodes: ClusterNode[]; options: ClusterOptions; address: string } {
  checkFields(cluster, ['nodes', ...Object.keys(clusterOptions)], `'cluster' `)
  if (node.db) throw wrong(`: 'db' must be left out, or 0: a cluster has no other database`)
  const nodes = readList(cluster.nodes, 6379, 'nodes', examples.redis_cluster)
  const redisOptions: Record<string, unknown> = { ...node }
  for (const field of ['host', 'port', 'path', 'db', 'retryStrategy']) delete redisOptions[field]
  const options = pick(cluster, clusterOptions) as ClusterOptions
  // A certificate is for a name, which a looked-up address would not match.
  if (node.tls && !options.dnsLookup) options.dnsLookup = (host, callback) => callback(null, host)
  return {
    kind: 'cluster',
    nodes,
    options: { ...options, redisOptions },
    address: nodes.map(formatAddress).join(', '),
  }
}

function sentinelSettings(
  sentinel: NonNullable<RedisConfig['sentinel']>,
  node: RedisNodeOptions,
): { kind: 'sentinel'; options: RedisOptions; address: string; isWatching: boolean } {
  checkFields(sentinel, ['sentinels', 'name', ...Object.keys(sentinelOptions)], `'sentinel' `)
  const { name = 'mymaster' } = sentinel
  if (typeof name !== 'string' || name === '')
    throw wrong(`: 'name' must be what the sentinels call the master, e.g. ${examples.redis_sentinel}`)
  const sentinels = readList(sentinel.sentinels, 26_379, 'sentinels', examples.redis_sentinel)
  const options = {
    ...node,
    enableTLSForSentinelMode: node.tls !== undefined,
    ...pick(sentinel, sentinelOptions),
    failoverDetector: false,
    sentinels,
    name,
  } as RedisOptions
  const address = `sentinels ${sentinels.map(formatAddress).join(', ')}`
  return { kind: 'sentinel', options, address, isWatching: sentinel.failoverDetector ?? true }
}

function readList(
  list: readonly RedisAddress[],
  port: number,
  field: string,
  right: string,
): { host: string; port: number }[] {
  if (!Array.isArray(list) || list.length === 0)
    throw wrong(`: '${field}' must be a list of addresses, e.g. ${right}`)
  return list.map(address => {
    if (typeof address !== 'string' || !isUrl(address)) return readAddress(address, port, field)
    const { host = '', port: urlPort = port, path, username, password, db, tls } = parseUrl(address, 'redis')
    if (path ?? username ?? password ?? db ?? tls)
      throw wrong(`: '${field}' must be addresses only; user, password and tls go beside, e.g. ${right}`)
    return { host, port: urlPort }
  })
}

function checkFields(config: object, known: readonly string[], where: string): void {
  for (const [field, value] of Object.entries(config)) {
    if (value === undefined || known.includes(field)) continue
    const reason = Object.hasOwn(refusedOptions, field) ? refusedOptions[field] : undefined
    throw wrong(
      reason ? `: '${field}' ${reason}` : `has an unknown ${where}field '${field}'; it must be ${example}`,
    )
  }
}

function checkValues({ host, port, path, username, password, db, tls }: RedisNodeOptions): void {
  if (host !== undefined && !isHost(host))
    throw wrong(`: 'host' must be a name or an address, e.g. { host: '127.0.0.1' }; a URL goes into 'url'`)
  if (path !== undefined && !isPath(path))
    throw wrong(
      `: 'path' must be the path of a socket, e.g. { path: '/run/redis.sock' }; a URL goes into 'url'`,
    )
  for (const [field, value] of Object.entries({ username, password }))
    if (value !== undefined && (typeof value !== 'string' || (value === '' && field !== 'password')))
      throw wrong(`: '${field}' must be a string, e.g. { host: '127.0.0.1', password: '…' }`)
  if (port !== undefined && !isPort(port)) throw wrong(`: 'port' must be 1 to 65535, e.g. { port: 6379 }`)
  if (db !== undefined && !(Number.isInteger(db) && db >= 0))
    throw wrong(`: 'db' must be the number of a database, e.g. { db: 0 }`)
  if (tls !== undefined && !isPlainObject(tls))
    throw wrong(`: 'tls' must be options of tls.connect, e.g. { tls: {} } or { tls: { ca: '…' } }`)
}

function pick(from: object, fields: object): object {
  return Object.fromEntries(
    Object.entries(from)
      .filter(([field, value]) => value !== undefined && Object.hasOwn(fields, field))
      .map(([field, value]) => [field, numberOptions.has(field) ? readNumber(value) : value]),
  )
}
