import { SessionError } from '@sess/core'

/** An error in the configuration, at a place such as `conf/app.conf:3`. The problem must not show a secret. */
export function wrong(at: string, problem: string, cause?: unknown): SessionError {
  return new SessionError('ERR_CONFIG', `${at}: ${problem}`, cause === undefined ? {} : { cause })
}
