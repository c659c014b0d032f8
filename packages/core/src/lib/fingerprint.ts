import { createHash } from 'node:crypto'

/** Numbers for objects that are told apart by identity: one for each object, for as long as the object lives. */
export class Identities {
  readonly #numbers = new WeakMap<object, number>()
  #last = 0

  of(object: object): number {
    const number = this.#numbers.get(object) ?? ++this.#last
    this.#numbers.set(object, number)
    return number
  }
}

/**
 * A hash of what a value says: the same for two values that a module has made when it was evaluated twice. Plain
 * objects, lists and bytes count by what they hold, functions by their text. All other objects, such as clients, are
 * what they are, and so are functions without a text, such as bound ones.
 */
export function fingerprint(value: unknown, identities: Identities): string {
  const hash = createHash('sha256')
  write(value, [])
  return hash.digest('hex')

  function write(value: unknown, above: readonly unknown[]): void {
    if (typeof value === 'function') writeFunction(value)
    else if (typeof value !== 'object' || value === null) say(typeof value, String(value))
    else if (value instanceof Uint8Array) say('bytes', Buffer.from(value).toString('hex'))
    else if (!isPlain(value) || above.includes(value)) say('identity', String(identities.of(value)))
    else {
      const names = Object.keys(value).sort()
      say(Array.isArray(value) ? 'list' : 'object', String(names.length))
      for (const name of names) {
        say('name', name)
        write((value as Record<string, unknown>)[name], [...above, value])
      }
    }
  }

  function writeFunction(value: CallableFunction): void {
    const text = Function.prototype.toString.call(value)
    if (text.endsWith('{ [native code] }')) say('identity', String(identities.of(value)))
    else say('function', text)
  }

  /** With its length, so that no two sequences read the same. */
  function say(kind: string, text: string): void {
    hash.update(`${kind} ${text.length} ${text}\n`)
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  // Of another realm too: a framework may run a module in a context of its own.
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null
}
