import { SessionError } from './errors.ts'

/** Where the properties of an object are kept. */
export interface PropertyStore {
  /** `undefined` if there is none of that name. */
  read(name: string): unknown
  has(name: string): boolean
  names(): readonly string[]
  write(name: string, value: unknown): void
  remove(name: string): void
}

/** Where a {@link PropertyObject} has its store. */
export const store: unique symbol = Symbol('sess.store')
/** Where a class has {@link membersOf}. */
const members: unique symbol = Symbol('sess.members')

/** See the class. */
export interface PropertyObject<Store extends PropertyStore> {
  readonly [store]: Store
}

/** A {@link PropertyObject}, as its traps see it. */
interface Target {
  [store]: PropertyStore
  readonly [members]: Members
}

/**
 * An object whose properties are kept in a store, save the members of its class: those can be read, and not replaced.
 *
 * The object is a proxy, and so is `this` in its methods. Its classes have no fields, neither public nor private ones:
 * the public would be data, and to make a private one on a proxy takes ten times as long as the proxy.
 */
class Properties {
  constructor(own: PropertyStore) {
    const prototype = new.target.prototype as { [members]?: Members }
    if (!Object.hasOwn(prototype, members)) prototype[members] = membersOf(prototype)
    const target = this as unknown as Target
    target[store] = own
    // biome-ignore lint/correctness/noConstructorReturn: an object that asks its store has to be a proxy
    return new Proxy(target, handler)
  }
}

export const PropertyObject: new <Store extends PropertyStore>(own: Store) => PropertyObject<Store> =
  Properties as unknown as new <Store extends PropertyStore>(
    own: Store,
  ) => PropertyObject<Store>

/** The names of methods and accessors, and whether they can be assigned to. */
type Members = ReadonlyMap<string, boolean>

function membersOf(prototype: object): Members {
  const found = new Map<string, boolean>()
  for (let at = prototype; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
    for (const [name, { set }] of Object.entries(Object.getOwnPropertyDescriptors(at)))
      if (name !== 'constructor' && !found.has(name)) found.set(name, set !== undefined)
  return found
}

/**
 * What every object has. `constructor` and `__proto__` are left out: who reads a name that a visitor has chosen must not
 * get hold of what all sessions share.
 */
const ordinary: ReadonlySet<string> = new Set([
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
])

const handler: ProxyHandler<Target> = {
  get(target, name, receiver) {
    if (name === store) return target[store]
    if (typeof name === 'symbol' || target[members].has(name)) return Reflect.get(target, name, receiver)
    const value = target[store].read(name)
    return value === undefined && ordinary.has(name) ? Reflect.get(Object.prototype, name) : value
  },

  set(target, name, value, receiver) {
    if (typeof name === 'string' && target[members].get(name))
      return Reflect.set(target, name, value, receiver)
    write(target, name, value)
    return true
  },

  has(target, name) {
    if (typeof name === 'symbol') return name !== store && Reflect.has(target, name)
    return target[members].has(name) || target[store].has(name) || ordinary.has(name)
  },

  deleteProperty(target, name) {
    if (typeof name === 'symbol') return true
    if (target[members].has(name)) throw memberError(name, `delete('${name}')`)
    target[store].remove(name)
    return true
  },

  ownKeys(target) {
    return target[store].names().filter(name => !target[members].has(name))
  },

  getOwnPropertyDescriptor(target, name) {
    if (typeof name === 'symbol' || target[members].has(name) || !target[store].has(name)) return undefined
    const value = target[store].read(name)
    return { value, writable: true, enumerable: true, configurable: true }
  },

  defineProperty(target, name, descriptor) {
    const { value, ...attributes } = descriptor
    if (!('value' in descriptor) || Object.values(attributes).includes(false))
      throw new SessionError(
        'ERR_VALUE',
        `Cannot define ${String(name)} so: a property of a session has a value, can be changed, and is listed`,
      )
    write(target, name, value)
    return true
  },

  preventExtensions: () => false,
  setPrototypeOf: () => false,
}

function write(target: Target, name: string | symbol, value: unknown): void {
  if (typeof name === 'symbol')
    throw new SessionError('ERR_VALUE', `Cannot set ${String(name)}: session keys are strings`)
  if (target[members].has(name)) throw memberError(name, `set('${name}', value)`)
  target[store].write(name, value)
}

function memberError(name: string, call: string): SessionError {
  const message = `'${name}' is a member of the session, not data: for data under that key use session.${call}`
  return new SessionError('ERR_VALUE', message, { key: name })
}
