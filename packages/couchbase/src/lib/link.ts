import { performance } from 'node:perf_hooks'
import {
  type CouchbaseBucket,
  type CouchbaseClient,
  type CouchbaseCollection,
  isBucket,
  isCollection,
  isSdkError,
  isTimeout,
} from './client.ts'
import type { Settings } from './couchbase-config.ts'
import { loadSdk } from './sdk.ts'
import { transcoder } from './session-document.ts'
import { connectError, keyspaceError, missingCollection, readOnly } from './start-errors.ts'

/** How long a connection has to show that it is alive, in milliseconds. */
const CHECK = 1000

/** A way to the collection, and what it takes to let go of it. */
export interface Link {
  readonly collection: CouchbaseCollection
  /** Whether the SDK believes that it is connected to a node. */
  isConnected(): Promise<boolean>
  close(): Promise<unknown>
}

/**
 * Connects, or takes the client that is given.
 *
 * @throws ERR_CONFIG, ERR_BACKEND
 */
export async function connectLink(settings: Settings, timeout: number): Promise<Link> {
  const { source } = settings
  if ('client' in source)
    return {
      collection: collectionOf(source.client, settings),
      isConnected: async () => true,
      close: async () => {},
    }
  const { connectionString, options } = source
  const { connect, EndpointState } = await loadSdk()
  const timeouts = { ...options.timeouts, bootstrapTimeout: timeout, connectTimeout: timeout }
  try {
    const cluster = await connect(connectionString, { ...options, timeouts })
    return {
      collection: collectionOf(cluster, settings),
      isConnected: async () => {
        const { services } = await cluster.diagnostics()
        return Object.values(services).some(nodes =>
          nodes.some(({ state }) => state === EndpointState.Connected),
        )
      },
      close: () => cluster.close(),
    }
  } catch (error) {
    throw connectError(error, settings, timeout)
  }
}

function collectionOf(client: CouchbaseClient, settings: Settings): CouchbaseCollection {
  if (isCollection(client)) return client
  const bucket: CouchbaseBucket = isBucket(client) ? client : client.bucket(settings.bucket as string)
  return bucket.scope(settings.scope).collection(settings.collection)
}

/**
 * Sees that there is such a collection. The SDK does not tell: it goes on asking until the time is over, as one that
 * was made just now is not known everywhere yet.
 *
 * @param end when to give up, by `performance.now()`
 * @throws ERR_CONFIG, ERR_BACKEND
 */
export async function checkCollection(
  collection: CouchbaseCollection,
  key: string,
  end: number,
): Promise<void> {
  const { scope } = collection
  const names = { bucket: scope.bucket.name, scope: scope.name, collection: collection.name }
  const left = end - performance.now()
  // What is asked of a bucket that is still being opened hears nothing if it cannot be; the next call does.
  const first = await attempt(collection, key, Math.max(1, Math.min(CHECK, left / 2)))
  if (first === undefined) return
  if (!isTimeout(first)) throw keyspaceError(first, names)
  const rest = Math.max(1, end - performance.now())
  const again = attempt(collection, key, rest)
  const elsewhere = attempt(scope.bucket.defaultCollection(), key, rest)
  const here = await again
  if (here === undefined) return
  throw isTimeout(here) && !isTimeout(await elsewhere)
    ? missingCollection(here, names)
    : keyspaceError(here, names)
}

/**
 * Sees that this user may write, by what changes nothing: there is no document of that key.
 *
 * @param end when to give up, by `performance.now()`
 * @throws ERR_CONFIG, ERR_BACKEND
 */
export async function checkWriting(collection: CouchbaseCollection, key: string, end: number): Promise<void> {
  const { scope } = collection
  const names = { bucket: scope.bucket.name, scope: scope.name, collection: collection.name }
  const timeout = Math.max(1, end - performance.now())
  try {
    await Promise.all([
      missing(collection.replace(key, Buffer.from('{}'), { transcoder, timeout })),
      missing(collection.remove(key, { timeout })),
    ])
  } catch (error) {
    throw isSdkError(error, 'AuthenticationFailureError')
      ? readOnly(error, names)
      : keyspaceError(error, names)
  }
}

/** Whether it answers at all. */
export async function isAlive(collection: CouchbaseCollection, key: string): Promise<boolean> {
  return !isTimeout(await attempt(collection, key, CHECK))
}

/** What went wrong with a read, if anything did. */
async function attempt(collection: CouchbaseCollection, key: string, timeout: number): Promise<unknown> {
  try {
    await missing(collection.get(key, { transcoder, timeout }))
  } catch (error) {
    return error
  }
  return undefined
}

/** Waits for what may find no document. */
async function missing(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isSdkError(error, 'DocumentNotFoundError')) throw error
  }
}
