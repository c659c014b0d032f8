import type { RedisClient } from './redis-client.ts'
import { wrong } from './wrong.ts'

/** What is looked at of a client's options. */
interface Options {
  readonly maxRetriesPerRequest?: unknown
  readonly socketTimeout?: unknown
  readonly role?: unknown
  readonly readOnly?: unknown
  readonly scaleReads?: unknown
  readonly retryDelayOnFailover?: unknown
  readonly clusterNodeRetryStrategy?: unknown
  readonly redisOptions?: Options
}

/** A given client is not changed, so one that would send a write twice, or read from a replica, is refused. */
export function checkClient(client: RedisClient, timeout: number): void {
  const options = client.options as Options
  const node: Options = client.isCluster ? (options.redisOptions ?? {}) : options
  const right = client.isCluster
    ? `new Cluster(nodes, { retryDelayOnFailover: 0, redisOptions: { maxRetriesPerRequest: 0, socketTimeout: ${timeout} } })`
    : `new Redis({ …, maxRetriesPerRequest: 0, socketTimeout: ${timeout} })`
  const refuse = (problem: string) => wrong(`: 'client' ${problem}, e.g. ${right}`)
  if (client.status === 'end') throw refuse('is closed')
  if (client.isCluster && Number(options.retryDelayOnFailover) > 0)
    throw refuse('would send writes again when a node fails: it needs retryDelayOnFailover: 0')
  const reconnects = !client.isCluster || typeof options.clusterNodeRetryStrategy === 'function'
  if (reconnects && node.maxRetriesPerRequest !== 0)
    throw refuse('would send writes again when it has lost its connection: it needs maxRetriesPerRequest: 0')
  if (!(typeof node.socketTimeout === 'number' && node.socketTimeout > 0 && node.socketTimeout <= timeout))
    throw refuse(
      `would keep a connection that does not answer: it needs a socketTimeout of at most the manager's timeout, ${timeout} ms`,
    )
  if (node.role === 'slave' || node.readOnly || (client.isCluster && options.scaleReads !== 'master'))
    throw refuse('would read from replicas, which are late: it must read from the master')
}
