import { configError } from './errors.ts'

/**
 * `config` if it is a plain object, for an engine that has already looked for a string and for the clients that it
 * knows. A client of another driver, a class instance, a `Map` or a function has no fields of ours: it would pass for
 * an object that leaves every field out.
 *
 * @param right what `providerConfig` must be instead, with examples
 * @throws ERR_CONFIG
 */
export function checkConfigObject(
  engine: string,
  config: unknown,
  right: string,
): Readonly<Record<string, unknown>> {
  if (isPlainObject(config)) return config
  throw configError(engine, `is ${nameOf(config)}; it must be ${right}`)
}

/** Whether `value` is an object as `{ … }` makes it, in this realm or another one, or one without a prototype. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: object | null = Object.getPrototypeOf(value)
  return (
    prototype === null ||
    (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty'))
  )
}

/**
 * The number that a text says, e.g. `'6379'` from an environment variable. Every other value is given back as it is,
 * for the check that comes next.
 */
export function readNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value
}

/** A name, or an address of IPv6. */
const hostForm = /^(?:[\p{L}\p{M}\p{N}._-]+|(?=[^:]*:[^:]*:)[\da-f:.]+(?:%[\w.-]+)?)$/iu

/**
 * Whether an error may show `text` as the name or the address of a server. Of a string with a slip of the pen in it, what
 * stands where the host goes may hold a password.
 */
export function isHost(text: unknown): text is string {
  return typeof text === 'string' && hostForm.test(text)
}

/**
 * Whether an error may show `text` as the path of a file or a socket: it is not a URL or `user:password@host` with
 * something before it.
 */
export function isPath(text: unknown): text is string {
  if (typeof text !== 'string' || text === '' || text.includes('\0') || text.includes('://')) return false
  const colon = text.indexOf(':', /^[a-z]:[\\/]/i.test(text) ? 2 : 0)
  return colon < 0 || text.lastIndexOf('@') < colon
}

/** What a value is, without showing the value: it may be a secret. */
function nameOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'an array'
  if (typeof value !== 'object') return `a ${typeof value}`
  const { name } = (value as { constructor?: { name?: unknown } }).constructor ?? {}
  return typeof name === 'string' && name !== '' ? `an instance of '${name}'` : 'an object with a prototype'
}
