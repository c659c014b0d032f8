import { SessionError } from '@sess/core/engine'

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  const space = problem.startsWith(':') ? '' : ' '
  const message = `providerConfig of the couchbase engine${space}${problem}`
  return new SessionError('ERR_CONFIG', message, cause === undefined ? {} : { cause })
}
