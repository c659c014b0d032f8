import { isPromise, lookAfter } from '../awaitable.ts'
import { SessionError } from '../errors.ts'
import { MAX_DEPTH, views } from './packed.ts'
import { typeNamed } from './types.ts'

/** The numbers that JSON cannot say. */
const numbers = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/** Stands for an object that is not made yet. */
const unmade = Symbol('unmade')

/**
 * The value of a packed form. @throws ERR_DECODE for what `pack` does not make, or makes of a class that is not
 * registered here
 */
export function unpack(packed: unknown, key: string): unknown {
  /** Every object by its number. */
  const made: unknown[] = []

  function refuse(why: string): never {
    throw new SessionError('ERR_DECODE', `The stored value of '${key}' cannot be read: ${why}`, { key })
  }

  function damaged(): never {
    return refuse('it is damaged')
  }

  function unpackMember(member: unknown, depth: number): unknown {
    if (typeof member !== 'object' || member === null) return member
    if (depth > MAX_DEPTH) return refuse('it is nested too deep')
    if (!Array.isArray(member)) {
      made.push(member)
      return unpackProperties(member, depth + 1)
    }
    const [kind, first] = member as unknown[]
    switch (kind) {
      case 'u':
        return undefined
      case 'n':
        return numbers.get(first) ?? damaged()
      case 'b':
        return /^-?\d+$/.test(text(first)) ? BigInt(first as string) : damaged()
      case 'r': {
        const object = typeof first === 'number' ? made[first] : undefined
        return object === undefined || object === unmade ? damaged() : object
      }
    }
    const number = made.push(unmade) - 1
    const object = unpackNode(member, depth + 1)
    made[number] = object
    return object
  }

  function unpackProperties(object: object, depth: number): object {
    for (const [name, member] of Object.entries(object))
      if (typeof member === 'object' && member !== null) define(object, name, unpackMember(member, depth))
    return object
  }

  function unpackNode(node: unknown[], depth: number): unknown {
    const [kind, first, second] = node
    switch (kind) {
      case 'o':
        return Object.setPrototypeOf(unpackProperties(properties(first), depth), null) as object
      case 'c': {
        const name = text(first)
        const registered =
          typeNamed(name) ??
          refuse(`class '${name}' is not registered here: call registerType('${name}', …) at start`)
        const instance: unknown = registered.codec.decode(unpackMember(second, depth))
        if (!isPromise(instance)) return instance
        lookAfter(instance)
        return refuse(`the codec of class '${name}' must be synchronous, but its decode gave a promise`)
      }
      case 'p': {
        if (!Array.isArray(first)) return damaged()
        const object = unpackBuiltIn(first, depth)
        for (const [name, member] of Object.entries(properties(second))) {
          if (Object.hasOwn(object, name)) return damaged()
          define(object, name, unpackMember(member, depth))
        }
        return object
      }
      default:
        return unpackBuiltIn(node, depth)
    }
  }

  function unpackBuiltIn(node: unknown[], depth: number): object {
    const [kind, first, second] = node
    switch (kind) {
      case 'd':
        return unpackDate(first)
      case 'a':
        return unpackArray(node, depth)
      case 's':
        return new Set(node.slice(1).map(member => unpackMember(member, depth)))
      case 'm': {
        if (node.length % 2 === 0) return damaged()
        const map = new Map<unknown, unknown>()
        for (let i = 1; i < node.length; i += 2)
          map.set(unpackMember(node[i], depth), unpackMember(node[i + 1], depth))
        return map
      }
      case 'y':
        return unpackBinary(text(first), text(second))
      default:
        return damaged()
    }
  }

  function unpackDate(time: unknown): Date {
    if (time === null) return new Date(Number.NaN)
    const date = new Date(typeof time === 'number' ? time : Number.NaN)
    return Number.isNaN(date.getTime()) ? damaged() : date
  }

  function unpackArray(node: unknown[], depth: number): unknown[] {
    const array: unknown[] = new Array(node.length - 1)
    for (let i = 1; i < node.length; i++) {
      const member = node[i]
      const hole = Array.isArray(member) && member[0] === 'h'
      if (!hole) array[i - 1] = unpackMember(member, depth)
    }
    return array
  }

  function unpackBinary(name: string, base64: string): object {
    const bytes = Buffer.from(base64, 'base64')
    if (name === 'Buffer') return bytes
    const buffer = new Uint8Array(bytes).buffer
    if (name === 'ArrayBuffer') return buffer
    const View = views.get(name)
    return View ? new View(buffer) : damaged()
  }

  function text(member: unknown): string {
    return typeof member === 'string' ? member : damaged()
  }

  function properties(member: unknown): object {
    return typeof member === 'object' && member !== null && !Array.isArray(member) ? member : damaged()
  }

  return unpackMember(packed, 0)
}

/** Not an assignment: a key named __proto__ must not reach the setter. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}
