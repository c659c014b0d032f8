import { clearTimeout, setTimeout } from '@sess/core/engine'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { startError, withoutCommand } from './driver-error.ts'
import { watchFailovers } from './failover-watch.ts'
import { gatherWrites } from './gather-writes.ts'
import type { RedisClient } from './redis-client.ts'
import type { Settings } from './settings.ts'

/** A client that the engine has made, and how it ends. */
export interface OwnClient {
  readonly client: RedisClient
  close(): Promise<void>
}

/** Until it has a connection, and again when it is closed, a client does not connect again by itself. */
interface Life {
  isWanted: boolean
}

/** The constructors of ioredis have `replyMapping` left out where it is not set. */
type SafeOptions = RedisOptions & { replyMapping?: NonNullable<RedisOptions['replyMapping']> }

/** How long a connection that is given up may take to say goodbye, in milliseconds. */
const GOODBYE = 500

/** @throws ERR_CONFIG, ERR_BACKEND */
export async function connectOwn(
  settings: Exclude<Settings, { kind: 'client' }>,
  timeout: number,
): Promise<OwnClient> {
  const life: Life = { isWanted: false }
  const client = newClient(settings, timeout, life)
  gatherWrites(client)
  let lastError: unknown
  let sentinelError: unknown
  client.on('error', error => {
    // That all sentinels have failed says less than what the last of them failed for.
    const isVague = sentinelError !== undefined && error.message.startsWith('All sentinels are unreachable')
    lastError = withoutCommand(isVague ? sentinelError : error)
  })
  client.on('sentinelError', error => {
    sentinelError = error
  })
  try {
    // The manager gives up at `timeout`, and does not know why there is no connection.
    await inTime(client.connect(), timeout * 0.8)
    // Redis was asked for a database that it does not have: ioredis only mentions it.
    if (lastError !== undefined) throw lastError
  } catch (error) {
    await disconnect(client, timeout * 0.1)
    throw startError(settings.address, lastError ?? error)
  }
  life.isWanted = true
  const isWatching = settings.kind === 'sentinel' && settings.isWatching
  const unwatch = isWatching ? watchFailovers(client as Redis, settings.options) : undefined
  return {
    client,
    close: () => {
      unwatch?.()
      return end(client, life)
    },
  }
}

function newClient(
  settings: Exclude<Settings, { kind: 'client' }>,
  timeout: number,
  life: Life,
): Redis | Cluster {
  if (settings.kind !== 'cluster') return new Redis(safeOptions(settings.options, timeout, life))
  const { nodes, options } = settings
  const { clusterRetryStrategy = retryDelay(timeout), redisOptions } = options
  const { enableOfflineQueue: _, retryStrategy: __, ...node } = safeOptions(redisOptions ?? {}, timeout, life)
  const connectTimeout = Math.min(node.connectTimeout ?? timeout, timeout / 2)
  return new Cluster(nodes, {
    ...options,
    lazyConnect: true,
    // A node that closed the connection may have done the command.
    retryDelayOnFailover: 0,
    // It has done nothing while the cluster is down; sixteen attempts end before the caller gives up.
    retryDelayOnClusterDown: Math.min(options.retryDelayOnClusterDown ?? 100, timeout / 20),
    slotsRefreshTimeout: Math.min(options.slotsRefreshTimeout ?? 1000, timeout / 2),
    clusterRetryStrategy: (times, reason) => (life.isWanted ? clusterRetryStrategy?.(times, reason) : null),
    // Commands are queued until there is a connection to their node, which may not be longer than they can wait.
    redisOptions: { ...node, connectTimeout, enableReadyCheck: redisOptions?.enableReadyCheck ?? false },
  })
}

/**
 * Options with which ioredis sends every command at most once, and not after its caller has given up: what is
 * under way when a connection breaks fails at once, and nothing is queued for the next one.
 */
function safeOptions(options: RedisOptions, timeout: number, life: Life): SafeOptions {
  const { retryStrategy = retryDelay(timeout), sentinelRetryStrategy = retryDelay(timeout) } = options
  const { reconnectOnError } = options
  const atMost = (milliseconds: number | undefined, most: number) => Math.min(milliseconds ?? most, most)
  return {
    ...options,
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    // A connection without an answer is closed, and another one made.
    socketTimeout: atMost(options.socketTimeout, timeout),
    commandTimeout: atMost(options.commandTimeout, timeout),
    connectTimeout: atMost(options.connectTimeout, timeout),
    sentinelCommandTimeout: atMost(options.sentinelCommandTimeout, Math.min(timeout, 1000)),
    disconnectTimeout: options.disconnectTimeout ?? GOODBYE,
    retryStrategy: times => (life.isWanted ? retryStrategy?.(times) : null),
    sentinelRetryStrategy: times => (life.isWanted ? sentinelRetryStrategy?.(times) : null),
    // The master was demoted: connect to the one in its place. What it has refused is not sent again.
    reconnectOnError: error => error.message.includes('READONLY') || Boolean(reconnectOnError?.(error)),
  } as SafeOptions
}

/**
 * Soon, for requests wait for it, several times while one may wait, and not all processes at once. In milliseconds.
 */
function retryDelay(timeout: number): (times: number) => number {
  return times => Math.min(20 * 2 ** (times - 1), 400, timeout / 5) * (0.75 + Math.random() / 2)
}

/** Waits for what is under way and leaves no connection and no timer. */
async function end(client: Redis | Cluster, life: Life): Promise<void> {
  life.isWanted = false
  if (client.status !== 'ready') await reached(client, ['ready', 'end'], GOODBYE)
  if (client.status === 'ready') await client.quit().catch(() => undefined)
  await disconnect(client, GOODBYE)
}

async function disconnect(client: Redis | Cluster, patience: number): Promise<void> {
  if (client.status === 'end') return
  client.disconnect()
  await reached(client, ['end'], patience)
}

/** Until the client has one of these states, or the time is over. */
function reached(client: Redis | Cluster, states: readonly string[], milliseconds: number): Promise<void> {
  return new Promise(resolve => {
    const look = () => {
      if (states.includes(client.status)) done()
    }
    const done = () => {
      clearTimeout(timer)
      for (const state of states) client.off(state, look)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    for (const state of states) client.on(state, look)
    look()
  })
}

function inTime<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it does not answer')), milliseconds)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
