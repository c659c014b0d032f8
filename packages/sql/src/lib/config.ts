import { SessionError } from '@sess/core/engine'

/** An error in the `providerConfig` of an engine, which `problem` goes on to describe. */
export function configError(engine: string, problem: string, cause?: unknown): SessionError {
  const space = problem.startsWith(':') ? '' : ' '
  const message = `providerConfig of the ${engine} engine${space}${problem}`
  return new SessionError('ERR_CONFIG', message, cause === undefined ? {} : { cause })
}

/**
 * An option that is true or false.
 *
 * @throws ERR_CONFIG
 */
export function readFlag(engine: string, field: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault
  if (typeof value !== 'boolean')
    throw configError(engine, `: '${field}' must be true or false, e.g. { ${field}: ${!byDefault} }`)
  return value
}
