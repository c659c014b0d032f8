import { SessionError } from '../errors.ts'

/**
 * What a session holds: the text of each value by its key. Values stay text until somebody reads them, so that
 * a request pays for the keys it uses and a save copies the others as they are.
 */
export interface Entries {
  get(key: string): string | undefined
  keys(): Iterable<string>
}

/*
 * As one text: for each entry the lengths of key and value, then key and value. A length is in base 64, least
 * digit first, each digit the character of that code, plus 64 where another follows.
 */

/**
 * The text of all entries. It is not longer than the JSON of the same data, but for a character or two where a
 * key has 64 or more and its value 4096 or more, or a value 262,144 or more.
 */
export function encodeEntries(entries: ReadonlyMap<string, string>): string {
  let text = ''
  for (const [key, value] of entries)
    text += encodeLength(key.length) + encodeLength(value.length) + key + value
  return text
}

/** @throws ERR_DECODE if the text is not one that `encodeEntries` made */
export function decodeEntries(text: string): Map<string, string> {
  const entries = new Map<string, string>()
  let position = 0

  function length(): number {
    let value = 0
    for (let shift = 0; shift < 30; shift += 6) {
      const digit = text.charCodeAt(position++)
      value += (digit & 63) << shift
      if (digit < 64) return value
      if (!(digit < 128)) break
    }
    throw damaged()
  }

  while (position < text.length) {
    const keyLength = length()
    const valueLength = length()
    const valueStart = position + keyLength
    const end = valueStart + valueLength
    if (end > text.length) throw damaged()
    entries.set(text.slice(position, valueStart), text.slice(valueStart, end))
    position = end
  }
  return entries
}

function encodeLength(length: number): string {
  if (length < 64) return digits[length] as string
  let text = ''
  let rest = length
  for (; rest > 63; rest = Math.floor(rest / 64)) text += digits[64 + (rest % 64)]
  return text + digits[rest]
}

const digits = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))

function damaged(): SessionError {
  return new SessionError('ERR_DECODE', 'The stored session cannot be read: it is damaged')
}
