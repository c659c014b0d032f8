/**
 * Whether two values are the same in kind, prototype and content. Stricter than `util.isDeepStrictEqual`, which
 * of old tells invalid dates apart; members of maps and sets are compared in their order.
 */
export function isSame(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b)
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime())
  if (a instanceof Map) return isSame([...a], [...(b as Map<unknown, unknown>)])
  if (a instanceof Set) return isSame([...a], [...(b as Set<unknown>)])
  if (a instanceof ArrayBuffer) return Buffer.from(a).equals(Buffer.from(b as ArrayBuffer))
  if (ArrayBuffer.isView(a)) return bytes(a).equals(bytes(b as ArrayBufferView))
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key, i) => Object.keys(b)[i] === key && isSame(Reflect.get(a, key), Reflect.get(b, key)))
  )
}

function bytes(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength)
}
