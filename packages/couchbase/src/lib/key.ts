import { SessionError } from '@sess/core/engine'

/** A key may have 250 bytes, of which the number of its collection takes up to 5. */
const MAX_KEY_BYTES = 245

/**
 * The key of a session's document.
 *
 * @throws ERR_INVALID_ID for what Couchbase could not keep apart from every other id
 */
export function keyOf(prefix: string, id: string): string {
  if (typeof id !== 'string' || id === '' || !id.isWellFormed())
    throw new SessionError('ERR_INVALID_ID', 'An id must be a text that is not empty, in well-formed Unicode')
  const key = prefix + id
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new SessionError(
      'ERR_INVALID_ID',
      `An id must be at most ${MAX_KEY_BYTES - Buffer.byteLength(prefix)} bytes long with the prefix that is set`,
    )
  return key
}
