import { SessionError } from '../errors.ts'

/** How the instances of a registered class are taken apart and put together. */
export interface TypeCodec<T, State = unknown> {
  /** What to store: anything a session can hold. */
  encode(value: T): State
  /** The instance, from what `encode` gave. */
  decode(state: State): T
}

export interface RegisteredType {
  name: string
  prototype: object
  codec: TypeCodec<object>
}

interface Types {
  byName: Map<string, RegisteredType>
  byPrototype: Map<object, RegisteredType>
}

// On a global symbol, so that a class registered with one copy of this package is known to all.
const symbol = Symbol.for('@sess/core/types')
const global = globalThis as { [symbol]?: Types }
global[symbol] ??= { byName: new Map(), byPrototype: new Map() }
const types: Types = global[symbol]

/**
 * Lets sessions hold instances of a class (the original's gob registration). `name` is what is stored: keep it
 * when the class is renamed, and give two classes two names.
 *
 * Without a codec an instance's own enumerable properties are stored, and its constructor is not called when
 * it is read. Give a codec for a class with `#private` state, or one that extends `Map`, `Date` or the like.
 * Registering the same class again is fine.
 *
 * @throws ERR_DUPLICATE if the name belongs to another class, or the class has another name
 * @throws ERR_CONFIG if `name` is empty, `type` is not a class, or a codec is needed
 */
export function registerType<T extends object, State = unknown>(
  name: string,
  type: abstract new (...args: never[]) => T,
  codec?: TypeCodec<T, State>,
): void {
  if (typeof name !== 'string' || name === '')
    throw new SessionError('ERR_CONFIG', "registerType: name must be a non-empty string, e.g. 'Cart'")
  const prototype: unknown = (type as { prototype?: unknown } | undefined)?.prototype
  if (typeof type !== 'function' || typeof prototype !== 'object' || prototype === null)
    throw new SessionError(
      'ERR_CONFIG',
      `registerType: '${name}' needs a class, e.g. registerType('${name}', ${name})`,
    )
  const known = types.byName.get(name) ?? types.byPrototype.get(prototype)
  if (known && (known.prototype !== prototype || known.name !== name))
    throw new SessionError(
      'ERR_DUPLICATE',
      `registerType: '${name}' clashes with '${known.name}', which is registered already`,
    )
  if (codec === undefined && isBuiltIn(prototype))
    throw new SessionError(
      'ERR_CONFIG',
      `registerType: '${name}' extends a built-in class, whose content is in no property: give a codec, { encode, decode }`,
    )
  const registered: RegisteredType = {
    name,
    prototype,
    codec: (codec as unknown as TypeCodec<object> | undefined) ?? ownProperties(prototype),
  }
  types.byName.set(name, registered)
  types.byPrototype.set(prototype, registered)
}

export function typeOf(value: object): RegisteredType | undefined {
  return types.byPrototype.size === 0 ? undefined : types.byPrototype.get(Object.getPrototypeOf(value))
}

export function typeNamed(name: string): RegisteredType | undefined {
  return types.byName.get(name)
}

/** Whether the class is, or extends, one that the language brings. */
function isBuiltIn(prototype: object): boolean {
  const base: object | null = Object.getPrototypeOf(prototype)
  if (base === null) return false
  const isNative =
    Object.hasOwn(prototype, 'constructor') &&
    /\{\s*\[native code\]\s*\}$/.test(String(prototype.constructor))
  return isNative || isBuiltIn(base)
}

function ownProperties(prototype: object): TypeCodec<object> {
  return {
    encode: value => ({ ...value }),
    decode: state =>
      Object.defineProperties(Object.create(prototype), Object.getOwnPropertyDescriptors(state)) as object,
  }
}
