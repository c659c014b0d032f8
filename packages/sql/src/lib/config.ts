import { configError } from '@sess/core/engine'

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
