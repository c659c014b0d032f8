import { types } from 'node:util'
import { SessionError } from '../errors.ts'
import { type RegisteredType, typeNamed, typeOf } from './types.ts'

/*
 * Values that JSON cannot say, as JSON: in a packed value every array is a node whose first element is its
 * kind, so no key of a user's object can be taken for a mark.
 */
type Packed = string | number | boolean | null | Packed[] | { [key: string]: Packed }

const MAX_DEPTH = 500

const binary = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
}

/** The numbers that JSON cannot say. */
const numbers = new Map<unknown, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
])

/** @throws ERR_VALUE if the value cannot be stored */
export function pack(value: unknown, key: string): Packed {
  const ancestors: object[] = []

  function refuse(what: string, remedy: string): never {
    throw new SessionError('ERR_VALUE', `Cannot store ${what} in '${key}': ${remedy}`, { key })
  }

  function packMember(member: unknown): Packed {
    switch (typeof member) {
      case 'string':
      case 'boolean':
        return member
      case 'number':
        return Number.isFinite(member) && !Object.is(member, -0)
          ? member
          : ['n', Object.is(member, -0) ? '-0' : String(member)]
      case 'undefined':
        return ['u']
      case 'bigint':
        return ['b', String(member)]
      case 'function':
        return refuse('a function', 'sessions hold data only')
      case 'symbol':
        return refuse('a symbol', 'use a string')
      default:
        return member === null ? null : packObject(member as object)
    }
  }

  function packObject(object: object): Packed {
    if (ancestors.includes(object))
      refuse('a value that contains itself', 'store an id in place of the inner reference')
    if (ancestors.length === MAX_DEPTH) refuse(`a value nested deeper than ${MAX_DEPTH} levels`, 'flatten it')
    ancestors.push(object)
    const packed = packKind(object)
    ancestors.pop()
    return packed
  }

  function packKind(object: object): Packed {
    const registered = typeOf(object)
    if (registered) return ['c', registered.name, packMember(stateOf(object, registered))]
    const prototype: object | null = Object.getPrototypeOf(object)
    if (prototype === null) return ['o', packProperties(object)]
    // Some realm's Object.prototype: test runners make realms.
    if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'hasOwnProperty'))
      return packProperties(object)
    const name = (prototype.constructor as { name?: unknown } | undefined)?.name
    if (name === 'Array' && Array.isArray(object)) return packArray(object)
    if (name === 'Date' && types.isDate(object))
      return ['d', Number.isNaN(object.getTime()) ? null : object.getTime()]
    if (name === 'Map' && types.isMap(object)) return ['m', ...[...object].flat().map(packMember)]
    if (name === 'Set' && types.isSet(object)) return ['s', ...[...object].map(packMember)]
    if (name === 'ArrayBuffer' && types.isArrayBuffer(object))
      return ['y', name, Buffer.from(object).toString('base64')]
    if (ArrayBuffer.isView(object) && typeof name === 'string' && (name === 'Buffer' || name in binary))
      return ['y', name, Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString('base64')]
    const type = typeof name === 'string' && name !== '' ? name : 'a nameless class'
    return refuse(
      `an instance of ${type}`,
      `register the class first, e.g. registerType('${type}', ${type}), or store plain data`,
    )
  }

  function stateOf(object: object, { name, codec }: RegisteredType): unknown {
    try {
      return codec.encode(object)
    } catch (cause) {
      const message = `Cannot store an instance of '${name}' in '${key}': the codec given to registerType failed`
      throw new SessionError('ERR_VALUE', message, { key, cause })
    }
  }

  function packProperties(object: object): Packed {
    // No prototype, so that a key named __proto__ is a key.
    const packed: { [key: string]: Packed } = Object.create(null)
    for (const [name, member] of Object.entries(object)) packed[name] = packMember(member)
    return packed
  }

  function packArray(array: unknown[]): Packed {
    const packed: Packed[] = ['a']
    for (let i = 0; i < array.length; i++) packed.push(i in array ? packMember(array[i]) : ['h'])
    return packed
  }

  return packMember(value)
}

/** @throws ERR_DECODE for what `pack` does not make, or makes of a class that is not registered here */
export function unpack(packed: unknown, key: string): unknown {
  function refuse(why: string): never {
    throw new SessionError('ERR_DECODE', `The stored value of '${key}' cannot be read: ${why}`, { key })
  }

  function damaged(): never {
    return refuse('it is damaged')
  }

  function unpackMember(member: unknown, depth: number): unknown {
    if (typeof member !== 'object' || member === null) return member
    if (depth > MAX_DEPTH) return refuse('it is nested too deep')
    return Array.isArray(member) ? unpackNode(member, depth + 1) : unpackProperties(member, depth + 1)
  }

  function unpackProperties(object: object, depth: number): object {
    for (const [name, member] of Object.entries(object))
      if (typeof member === 'object' && member !== null)
        // Not an assignment: a key named __proto__ must not reach the setter.
        Object.defineProperty(object, name, {
          value: unpackMember(member, depth),
          writable: true,
          enumerable: true,
          configurable: true,
        })
    return object
  }

  function unpackNode(node: unknown[], depth: number): unknown {
    const [kind, first, second] = node
    switch (kind) {
      case 'u':
        return undefined
      case 'n':
        return numbers.get(first) ?? damaged()
      case 'b':
        return /^-?\d+$/.test(text(first)) ? BigInt(first as string) : damaged()
      case 'd':
        return unpackDate(first)
      case 'a':
        return unpackArray(node, depth)
      case 'o':
        if (typeof first !== 'object' || first === null || Array.isArray(first)) return damaged()
        return Object.setPrototypeOf(unpackProperties(first, depth), null) as object
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
      case 'c': {
        const name = text(first)
        const registered =
          typeNamed(name) ??
          refuse(`class '${name}' is not registered here: call registerType('${name}', …) at start`)
        return registered.codec.decode(unpackMember(second, depth))
      }
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

  function unpackBinary(name: string, base64: string): unknown {
    const bytes = Buffer.from(base64, 'base64')
    if (name === 'Buffer') return bytes
    const buffer = new Uint8Array(bytes).buffer
    if (name === 'ArrayBuffer') return buffer
    if (!Object.hasOwn(binary, name)) return damaged()
    const View = binary[name as keyof typeof binary] as new (bytes: ArrayBuffer) => ArrayBufferView
    return new View(buffer)
  }

  function text(member: unknown): string {
    return typeof member === 'string' ? member : damaged()
  }

  return unpackMember(packed, 0)
}
