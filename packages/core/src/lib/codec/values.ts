import { SessionError } from '../errors.ts'
import { pack, unpack } from './rich.ts'

/*
 * A value's text, told apart by its first character:
 *   'text     a string, as it is, unless it has half a character
 *   *json     what JSON cannot say by itself (see rich.ts)
 *   json      everything else
 * Equal values have equal texts, which is how a change made in place is noticed.
 */

/** The text of a value. @throws ERR_VALUE, naming `key` */
export function encodeValue(value: unknown, key: string): string {
  switch (typeof value) {
    case 'string':
      // JSON escapes half a character; as it is, it would double the size of all else (see record.ts).
      return value.isWellFormed() ? `'${value}` : JSON.stringify(value)
    case 'number':
      if (Number.isFinite(value) && !Object.is(value, -0)) return String(value)
      break
    case 'boolean':
      return value ? 'true' : 'false'
    case 'object':
      if (value === null) return 'null'
      if (isPlain(value, [])) return JSON.stringify(value)
  }
  return `*${JSON.stringify(pack(value, key))}`
}

/** The value of a text: a new one every time. @throws ERR_DECODE, naming `key` */
export function decodeValue(text: string, key: string): unknown {
  const first = text.charCodeAt(0)
  if (first === 0x27 /* ' */) return text.slice(1)
  if (first <= 0x39 /* 9 */) {
    const number = Number(text)
    if (String(number) === text) return number
  }
  try {
    if (first === 0x2a /* * */) return unpack(JSON.parse(text.slice(1)), key)
    return JSON.parse(text) as unknown
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    throw new SessionError('ERR_DECODE', `The stored value of '${key}' cannot be read`, { key, cause })
  }
}

/** Refuses early what could not be stored, so that the error points at the line that sets it. */
export function checkValue(value: unknown, key: string): void {
  const type = typeof value
  if (type === 'object' || type === 'function' || type === 'symbol') encodeValue(value, key)
}

/** Whether JSON gives the value back as it is. */
function isPlain(value: object, ancestors: object[]): boolean {
  if (ancestors.length > 100 || ancestors.includes(value)) return false
  ancestors.push(value)
  const plain = Array.isArray(value) ? isPlainArray(value, ancestors) : isPlainObject(value, ancestors)
  ancestors.pop()
  return plain
}

function isPlainArray(array: unknown[], ancestors: object[]): boolean {
  if (Object.getPrototypeOf(array) !== Array.prototype) return false
  for (let i = 0; i < array.length; i++) if (!isPlainMember(array[i], ancestors)) return false
  return true
}

function isPlainObject(object: object, ancestors: object[]): boolean {
  if (Object.getPrototypeOf(object) !== Object.prototype) return false
  for (const key in object)
    if (!isPlainMember((object as Record<string, unknown>)[key], ancestors)) return false
  return true
}

function isPlainMember(value: unknown, ancestors: object[]): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || isPlain(value, ancestors)
    default:
      return false
  }
}
