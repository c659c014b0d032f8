import { SessionError } from '@sess/core/engine'
import { type CouchbaseCollection, isSdkError } from './client.ts'

export interface CountOptions {
  readonly prefix: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** No visitor waits for a number of sessions, and there may be many. In milliseconds. */
const TIMEOUT = 60_000

/** Above every id that could follow a prefix. */
const LAST = '\u{10ffff}'

/**
 * How many documents of the collection are live sessions, by the query service.
 *
 * @throws ERR_UNSUPPORTED if the cluster has none, or no index that would do
 */
export async function countSessions(collection: CouchbaseCollection, options: CountOptions): Promise<number> {
  const { prefix, now } = options
  const { scope, name } = collection
  const statement = `SELECT RAW COUNT(*) FROM \`${name}\` WHERE \`type\` = "session" AND \`expiresAt\` > $now AND META().id >= $low AND META().id < $high`
  try {
    const { rows } = await scope.query(statement, {
      parameters: { now, low: prefix, high: prefix + LAST },
      // What was saved before counts.
      scanConsistency: 'request_plus',
      readOnly: true,
      timeout: TIMEOUT,
    })
    return Number(rows[0])
  } catch (error) {
    throw countError(error, collection)
  }
}

function countError(error: unknown, { name, scope }: CouchbaseCollection): unknown {
  if (isSdkError(error, 'ServiceNotAvailableError'))
    return new SessionError(
      'ERR_UNSUPPORTED',
      'This Couchbase cluster has no query service, which counts the sessions',
    )
  if (isSdkError(error, 'IndexFailureError', 'IndexNotFoundError', 'PlanningFailureError')) {
    const keyspace = [scope.bucket.name, scope.name, name].map(part => `\`${part}\``).join('.')
    return new SessionError(
      'ERR_UNSUPPORTED',
      `Counting sessions needs an index: CREATE INDEX sess_expiry ON ${keyspace}(expiresAt, META().id) WHERE type = "session"`,
      { cause: error },
    )
  }
  return error
}
