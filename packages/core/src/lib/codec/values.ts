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
      membersLeft = PLAIN_MEMBERS
      if (isPlain(value, 0)) return JSON.stringify(value)
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

/** How deep and how far a value is looked at; beyond, and so in a cycle, it is packed, which is slower. */
const PLAIN_DEPTH = 100
const PLAIN_MEMBERS = 1_000_000
let membersLeft = 0

/** Whether JSON gives the value back as it is. */
function isPlain(value: object, depth: number): boolean {
  if (depth > PLAIN_DEPTH) return false
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Array.prototype && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainMember(value[i], depth)) return false
    return true
  }
  if (prototype !== Object.prototype) return false
  for (const key in value) if (!isPlainMember((value as Record<string, unknown>)[key], depth)) return false
  return true
}

function isPlainMember(value: unknown, depth: number): boolean {
  if (--membersLeft < 0) return false
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || isPlain(value, depth + 1)
    default:
      return false
  }
}
