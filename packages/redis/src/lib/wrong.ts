import { configError, type SessionError } from '@sess/core/engine'

/** An error in `providerConfig`, which `problem` goes on to describe. */
export function wrong(problem: string, cause?: unknown): SessionError {
  return configError('redis', problem, cause)
}
