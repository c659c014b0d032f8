/** How deep and how far a value is looked at; beyond, it is packed, which is slower. */
const PLAIN_DEPTH = 100
const PLAIN_MEMBERS = 1_000_000
/** So many objects are looked for in a list, more in a set. */
const FEW = 16

/**
 * How carefully a value is looked at. `new`: it was not before, so it may have properties that are hidden. `again`:
 * it was, but members may have come or gone. `quick`: only what differs from a text that is known matters.
 */
export type Care = 'new' | 'again' | 'quick'

/** What is known of a value while it is gone through. */
interface Walk {
  readonly care: Care
  membersLeft: number
  /** The objects that were met. */
  few: object[] | undefined
  many: Set<object> | undefined
}

/** Whether JSON gives the value back as it is; `quick` does not ask whether an object is at two places. */
export function isPlain(value: object, care: Care): boolean {
  return isPlainObject(value, 0, { care, membersLeft: PLAIN_MEMBERS, few: undefined, many: undefined })
}

function isPlainObject(value: object, depth: number, walk: Walk): boolean {
  if (depth > PLAIN_DEPTH || (walk.care !== 'quick' && !isFirst(value, walk))) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Array.prototype && Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlainMember(value[i], depth, walk)) return false
    // Their values are quicker to have than their names.
    return walk.care === 'new'
      ? Reflect.ownKeys(value).length === value.length + 1
      : Object.values(value).length === value.length
  }
  if (prototype !== Object.prototype) return false
  let count = 0
  for (const key in value) {
    if (!isPlainMember((value as Record<string, unknown>)[key], depth, walk)) return false
    count++
  }
  // Not Reflect.ownKeys, which takes twice as long as both.
  return (
    walk.care !== 'new' ||
    (Object.getOwnPropertyNames(value).length === count && Object.getOwnPropertySymbols(value).length === 0)
  )
}

function isPlainMember(value: unknown, depth: number, walk: Walk): boolean {
  if (--walk.membersLeft < 0) return false
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object':
      return value === null || isPlainObject(value, depth + 1, walk)
    default:
      return false
  }
}

/** Whether the object was not met before: JSON would make two of it. */
function isFirst(object: object, walk: Walk): boolean {
  const { few, many } = walk
  if (many) {
    const { size } = many
    return many.add(object).size > size
  }
  if (few === undefined) {
    walk.few = [object]
    return true
  }
  for (let i = 0; i < few.length; i++) if (few[i] === object) return false
  if (few.push(object) > FEW) walk.many = new Set(few)
  return true
}
