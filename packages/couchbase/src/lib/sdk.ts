import { SessionError } from '@sess/core/engine'

/**
 * The SDK, loaded when it is needed: it takes its time, and with a client that is given there is one already.
 *
 * @throws ERR_CONFIG if it is not there, or cannot find its native module, as inside of a bundle
 */
export async function loadSdk(): Promise<typeof import('couchbase')> {
  try {
    return await import('couchbase')
  } catch (cause) {
    throw new SessionError(
      'ERR_CONFIG',
      "The couchbase SDK cannot be loaded. In a bundle: leave 'couchbase' out of it (external: ['couchbase']) and install it where the bundle runs, since the SDK finds its native module beside its own files. Without a bundle: see cause",
      { cause },
    )
  }
}
