import { configError, readNumber } from '@sess/core/engine'

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

/**
 * The options, without those that are `undefined`, and with numbers for those of `fields` that are numbers as text, e.g.
 * from an environment variable. The driver checks what is no text.
 *
 * @throws ERR_CONFIG
 */
export function readNumbers<Options extends object>(
  engine: string,
  options: Options,
  fields: readonly (keyof Options & string)[],
): Options {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    given.map(([field, value]) => {
      if (typeof value !== 'string' || !(fields as readonly string[]).includes(field)) return [field, value]
      const number = readNumber(value)
      if (typeof number !== 'number')
        throw configError(engine, `: '${field}' must be a number, e.g. { ${field}: 10 }`)
      return [field, number]
    }),
  ) as Options
}
