import { SessionError } from '../errors.ts'
import { pack } from './pack.ts'
import { type Care, isPlain } from './plain.ts'
import { unpack } from './unpack.ts'

/*
 * A value's text, told apart by its first character:
 *   'text     a string, as it is, unless it has half a character
 *   *json     what JSON cannot say by itself (see packed.ts)
 *   json      everything else
 * Equal values have equal texts, which is how a change made in place is noticed.
 */

/** The text of a value. @throws ERR_VALUE, naming `key` */
export function encodeValue(value: unknown, key: string): string {
  return encode(value, key, 'new')
}

/** As {@link encodeValue}, for a value that it has seen before: hidden properties are not looked for again. */
export function encodeAgain(value: unknown, key: string): string {
  return encode(value, key, 'again')
}

/** Whether the text of the value still is that one; quicker than to make its text. @throws as {@link encodeValue} */
export function hasText(value: unknown, key: string, text: string): boolean {
  const isPacked = text.charCodeAt(0) === 0x2a /* * */
  return encode(value, key, isPacked ? 'again' : 'quick') === text
}

/** Refuses early what could not be stored, so that the error points at the line that sets it. @throws ERR_VALUE */
export function checkValue(value: unknown, key: string): void {
  const type = typeof value
  if (type !== 'object' && type !== 'function' && type !== 'symbol') return
  read(key, () => {
    if (value !== null && !(type === 'object' && isPlain(value as object, 'new'))) pack(value, key, true)
  })
}

function encode(value: unknown, key: string, care: Care): string {
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
  }
  return read(key, () =>
    typeof value === 'object' && isPlain(value as object, care)
      ? JSON.stringify(value)
      : `*${JSON.stringify(pack(value, key, care === 'new'))}`,
  )
}

/** Getters and proxies run code of others, which may throw. */
function read<T>(key: string, task: () => T): T {
  try {
    return task()
  } catch (cause) {
    if (cause instanceof SessionError) throw cause
    const message = `Cannot store a value in '${key}' that fails when it is read: store plain data`
    throw new SessionError('ERR_VALUE', message, { key, cause })
  }
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
