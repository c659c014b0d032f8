import { isDeepStrictEqual, types } from 'node:util'
import { lookAfter } from '../awaitable.ts'
import { SessionError } from '../errors.ts'
import { MAX_DEPTH, MAX_MEMBERS, type Packed, views } from './packed.ts'
import { type RegisteredType, typeOf } from './types.ts'

/** What a view of memory is asked for. */
const OF_VIEWS = ['buffer', 'byteOffset', 'byteLength', 'length', 'subarray']

/**
 * The packed form of a value. `isNew`: it was not looked at before, so it may have properties that are hidden.
 *
 * @throws ERR_VALUE if the value cannot be stored
 */
export function pack(value: unknown, key: string, isNew: boolean): Packed {
  /** Every object by its number, in the order in which they are met: `unpack` counts the same way. */
  const numbers = new Map<object, number>()
  let depth = 0
  let members = 0

  function refuse(what: string, remedy: string): never {
    throw new SessionError('ERR_VALUE', `Cannot store ${what} in '${key}': ${remedy}`, { key })
  }

  function packMember(member: unknown): Packed {
    if (++members > MAX_MEMBERS) refuse(`a value of more than ${MAX_MEMBERS} members`, 'store less')
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
    const before = numbers.get(object)
    if (before !== undefined && before < 0)
      refuse('a value that contains itself', 'store an id instead of the inner reference')
    if (before !== undefined) return ['r', before]
    if (depth === MAX_DEPTH) refuse(`a value nested deeper than ${MAX_DEPTH} levels`, 'flatten it')
    const number = numbers.size
    // Below 0 while nothing may refer to it.
    numbers.set(object, -1)
    depth++
    const packed = packKind(object)
    depth--
    numbers.set(object, number)
    return packed
  }

  function packKind(object: object): Packed {
    const registered = typeOf(object)
    if (registered) return ['c', registered.name, packMember(stateOf(object, registered))]
    const prototype: object | null = Object.getPrototypeOf(object)
    if (prototype === null) return ['o', packProperties(object, namesOf(object))]
    if (isRoot(prototype)) return packProperties(object, namesOf(object))
    const name = (prototype.constructor as { name?: unknown } | undefined)?.name
    const packed = typeof name === 'string' ? packBuiltIn(object, prototype, name) : undefined
    if (packed === undefined) return refuseInstance(object, name)
    const names = extraNames(object, packed)
    return names.length === 0 ? packed : ['p', packed, packProperties(object, names)]
  }

  /** What is in an object of a class that the language brings, but for properties that somebody gave it. */
  function packBuiltIn(object: object, prototype: object, name: string): Packed[] | undefined {
    if (ArrayBuffer.isView(object) && isPrototypeOfView(prototype, name)) {
      const own = OF_VIEWS.find(each => Object.hasOwn(object, each))
      if (own !== undefined) refuse(`a property '${own}' of its own on a ${name}`, 'use another name')
      return ['y', name, Buffer.from(object.buffer, object.byteOffset, object.byteLength).toString('base64')]
    }
    // A subclass may have the same name.
    if (!isRoot(Object.getPrototypeOf(prototype))) return undefined
    if (name === 'Array' && Array.isArray(object)) return packArray(object)
    if (name === 'Date' && types.isDate(object))
      return ['d', Number.isNaN(object.getTime()) ? null : object.getTime()]
    if (name === 'Map' && types.isMap(object)) return ['m', ...[...object].flat().map(packMember)]
    if (name === 'Set' && types.isSet(object)) return ['s', ...[...object].map(packMember)]
    if (name === 'ArrayBuffer' && types.isArrayBuffer(object))
      return ['y', name, Buffer.from(object).toString('base64')]
    return undefined
  }

  function refuseInstance(object: object, name: unknown): never {
    lookAfter(object)
    const type = typeof name === 'string' && name !== '' ? name : 'a nameless class'
    const remedy = types.isPromise(object)
      ? 'await it first'
      : `register the class first, e.g. registerType('${type}', ${type}), or store plain data`
    return refuse(`an instance of ${type}`, remedy)
  }

  function stateOf(object: object, { name, codec }: RegisteredType): unknown {
    try {
      return codec.encode(object)
    } catch (cause) {
      const message = `Cannot store an instance of '${name}' in '${key}': the codec given to registerType failed`
      throw new SessionError('ERR_VALUE', message, { key, cause })
    }
  }

  function packProperties(object: object, names: readonly string[]): Packed {
    // No prototype, so that a key named __proto__ is a key.
    const packed: { [key: string]: Packed } = Object.create(null)
    for (const name of names) packed[name] = packMember((object as Record<string, unknown>)[name])
    return packed
  }

  function namesOf(object: object): string[] {
    const names = Object.keys(object)
    if (isNew && Object.getOwnPropertyNames(object).length !== names.length) refuseHidden(object)
    if (isNew && Object.getOwnPropertySymbols(object).length > 0) refuseHidden(object)
    return names
  }

  /** The names of the properties that somebody gave an object of a built-in class. */
  function extraNames(object: object, packed: Packed[]): string[] {
    // The list of its indices is expensive. Another view of the same memory tells whether there are others.
    if (types.isTypedArray(object))
      return isDeepStrictEqual(object, object.subarray()) ? [] : namesOf(object).slice(object.length)
    if (!Array.isArray(object)) return namesOf(object)
    const names = Object.keys(object)
    if (isNew && Reflect.ownKeys(object).length !== names.length + 1) refuseHidden(object)
    const holes = packed.filter(isHole).length
    return names.slice(packed.length - 1 - holes)
  }

  function refuseHidden(object: object): void {
    for (const name of Reflect.ownKeys(object)) {
      if (typeof name === 'symbol') refuse('a property whose key is a symbol', 'use a string as its key')
      if (Object.prototype.propertyIsEnumerable.call(object, name)) continue
      if (name === 'length' && Array.isArray(object)) continue
      refuse(`the hidden property '${name}'`, 'store a copy without it, e.g. { ...value }')
    }
  }

  function packArray(array: unknown[]): Packed[] {
    const packed: Packed[] = ['a']
    for (let i = 0; i < array.length; i++) packed.push(i in array ? packMember(array[i]) : ['h'])
    return packed
  }

  return packMember(value)
}

/** Whether it is some realm's `Object.prototype`: test runners make realms. */
function isRoot(prototype: object | null): boolean {
  return (
    prototype !== null &&
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype, 'hasOwnProperty')
  )
}

function isPrototypeOfView(prototype: object, name: string): boolean {
  if (prototype === Buffer.prototype) return true
  if (name === 'DataView') return isRoot(Object.getPrototypeOf(prototype))
  // Each class of typed arrays has that itself; a subclass inherits it.
  return views.has(name) && Object.hasOwn(prototype, 'BYTES_PER_ELEMENT')
}

function isHole(packed: Packed): boolean {
  return Array.isArray(packed) && packed[0] === 'h'
}
