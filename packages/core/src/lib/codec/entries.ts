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

/** Going through the text for a key is cheaper than taking it all apart, up to so many times. */
const FEW = 4

/** Entries in one text. Most requests ask for one or two of them, and change one. */
export class TextEntries implements Entries {
  #text: string | (() => string)
  #asked = 0
  #entries: ReadonlyMap<string, string> | undefined

  /** A function is not called before somebody asks for something. */
  constructor(text: string | (() => string)) {
    this.#text = text
  }

  /**
   * It is not longer than the JSON of the same data, but for a character or two where a key has 64 or more and its
   * value 4096 or more, or a value 262,144 or more.
   */
  get text(): string {
    if (typeof this.#text === 'function') this.#text = this.#text()
    return this.#text
  }

  /** @throws ERR_DECODE if it comes to what is damaged */
  get(key: string): string | undefined {
    return ++this.#asked > FEW ? this.#all().get(key) : findEntry(this.text, key)
  }

  /** @throws ERR_DECODE if the text is not one that was made of entries */
  keys(): Iterable<string> {
    return this.#all().keys()
  }

  #all(): ReadonlyMap<string, string> {
    this.#entries ??= decodeEntries(this.text)
    return this.#entries
  }
}

/**
 * The text with what `edit` makes of the values of some keys, `undefined` for none. New keys come last; what is not
 * edited is copied unread.
 *
 * @throws what `edit` throws; ERR_DECODE as `TextEntries`
 */
export function editEntries(
  text: string,
  keys: ReadonlyMap<string, unknown>,
  edit: (key: string, value: string | undefined) => string | undefined,
): string {
  const added = new Set(keys.keys())
  let edited = ''
  let copied = 0
  for (const entry = new Cursor(text); entry.next(); ) {
    const { key } = entry
    if (!keys.has(key)) continue
    added.delete(key)
    edited += text.slice(copied, entry.start) + encodeEntry(key, edit(key, entry.value))
    copied = entry.end
  }
  edited += text.slice(copied)
  for (const key of added) edited += encodeEntry(key, edit(key, undefined))
  return edited
}

/** The text of one entry; none without a value. */
export function encodeEntry(key: string, value: string | undefined): string {
  return value === undefined ? '' : encodeLength(key.length) + encodeLength(value.length) + key + value
}

function decodeEntries(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>()
  for (const entry = new Cursor(text); entry.next(); ) entries.set(entry.key, entry.value)
  return entries
}

function findEntry(text: string, key: string): string | undefined {
  for (const entry = new Cursor(text); entry.next(); ) if (entry.hasKey(key)) return entry.value
  return undefined
}

/** Goes from entry to entry. */
class Cursor {
  readonly #text: string
  /** Where the entry is. */
  start = 0
  end = 0
  #keyAt = 0
  #valueAt = 0

  constructor(text: string) {
    this.#text = text
  }

  /** On to the next entry, if there is one. */
  next(): boolean {
    if (this.end >= this.#text.length) return false
    this.start = this.end
    const keyLength = this.#length()
    const valueLength = this.#length()
    this.#keyAt = this.end
    this.#valueAt = this.#keyAt + keyLength
    this.end = this.#valueAt + valueLength
    if (this.end > this.#text.length) throw damaged()
    return true
  }

  get key(): string {
    return this.#text.slice(this.#keyAt, this.#valueAt)
  }

  get value(): string {
    return this.#text.slice(this.#valueAt, this.end)
  }

  hasKey(key: string): boolean {
    return this.#valueAt - this.#keyAt === key.length && this.#text.startsWith(key, this.#keyAt)
  }

  #length(): number {
    let value = 0
    for (let shift = 0; shift < 30; shift += 6) {
      const digit = this.#text.charCodeAt(this.end++)
      value += (digit & 63) << shift
      if (digit < 64) return value
      if (!(digit < 128)) break
    }
    throw damaged()
  }
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
