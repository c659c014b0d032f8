import { SessionError } from '@sess/core/engine'
import { isSdkError, isTimeout } from './client.ts'
import { wrong } from './config-error.ts'
import type { Settings } from './couchbase-config.ts'

/** Why an engine could not connect, in words: `ERR_CONFIG` where the configuration is at fault. */
export function connectError(error: unknown, { source }: Settings, timeout: number): SessionError {
  const address = 'client' in source ? 'the given client' : (source.connectionString.split('?')[0] as string)
  if (isSdkError(error, 'AuthenticationFailureError'))
    return wrong(`: ${address} refuses the login; check 'username' and 'password'`, error)
  if (isSdkError(error, 'InvalidArgumentError'))
    return wrong(`: the SDK does not accept the connection string or 'options'; see cause`, error)
  const message = isSdkError(error, 'UnambiguousTimeoutError', 'AmbiguousTimeoutError')
    ? `Couchbase at ${address} did not answer within ${timeout} ms: is the address right, and the data service (port 11210, 11207 with TLS) open to this machine?`
    : `Couchbase at ${address} cannot be connected; see cause`
  return new SessionError('ERR_BACKEND', message, { cause: error })
}

interface Keyspace {
  readonly bucket: string
  readonly scope: string
  readonly collection: string
}

/** Why the documents of a connected cluster cannot be had. */
export function keyspaceError(error: unknown, names: Keyspace): SessionError {
  const { bucket, scope, collection } = names
  if (isSdkError(error, 'BucketNotFoundError'))
    return wrong(`: there is no bucket '${bucket}', or this user may not open it`, error)
  if (isSdkError(error, 'AuthenticationFailureError'))
    return wrong(
      `: this user may not read '${bucket}.${scope}.${collection}'; it needs the roles Data Reader and Data Writer there`,
      error,
    )
  if (isSdkError(error, 'ScopeNotFoundError', 'CollectionNotFoundError'))
    return missingCollection(error, names)
  const message = isTimeout(error)
    ? `The bucket '${bucket}' of Couchbase has not answered in time. It may not exist: to a user with rights on all buckets the server does not say so, and the SDK waits for the bucket. See that there is a bucket '${bucket}', and that its nodes are up`
    : `The bucket '${bucket}' of Couchbase cannot be used; see cause`
  return new SessionError('ERR_BACKEND', message, { cause: error })
}

export function missingCollection(cause: unknown, { bucket, scope, collection }: Keyspace): SessionError {
  const path = `\`${bucket}\`.\`${scope}\``
  const first = scope === '_default' ? '' : `CREATE SCOPE ${path} IF NOT EXISTS; `
  return wrong(
    `: there is no collection '${bucket}.${scope}.${collection}'; make it with ${first}CREATE COLLECTION ${path}.\`${collection}\` IF NOT EXISTS`,
    cause,
  )
}

/** May read, and not write. */
export function readOnly(cause: unknown, { bucket, scope, collection }: Keyspace): SessionError {
  return wrong(
    `: this user may read '${bucket}.${scope}.${collection}' but not write it; it needs the role Data Writer there`,
    cause,
  )
}
