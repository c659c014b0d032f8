import fc from 'fast-check'
import { anyText, ownProperties } from './arbitraries.ts'

/** How an object of a graph is made, and what is put into it: other objects by their place in the list. */
interface Plan {
  kind: keyof typeof makers
  members: { name: string; at: number }[]
  odd: (typeof oddities)[number]
}

class Unregistered {}
class Titled extends Array {}

const makers = {
  object: () => ({}),
  bare: () => Object.create(null) as object,
  array: () => [1, 'two'],
  sparse: () => Object.assign(new Array(3), { 1: 1 }),
  match: () => 'ab-12'.match(/(?<word>[a-z]+)-(\d+)/) as object,
  date: () => new Date(5),
  map: () => new Map<unknown, unknown>([['a', 1]]),
  set: () => new Set<unknown>([1]),
  buffer: () => Buffer.from('bytes'),
  view: () => Float64Array.of(1, -0),
  memory: () => new Uint8Array([1, 2]).buffer,
  boxed: () => Object('boxed') as object,
  titled: () => new Titled(),
  instance: () => new Unregistered(),
}

const oddities = ['none', 'none', 'none', 'none', 'symbol', 'hidden', 'getter', 'frozen', 'toJSON'] as const

const plan: fc.Arbitrary<Plan> = fc.record({
  kind: fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom<Plan['kind'][]>('object', 'array') },
    {
      weight: 10,
      arbitrary: fc.constantFrom<Plan['kind'][]>(
        'bare',
        'sparse',
        'match',
        'map',
        'set',
        'date',
        'buffer',
        'view',
        'memory',
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom<Plan['kind'][]>('boxed', 'titled', 'instance') },
  ),
  members: fc.array(
    fc.record({ name: fc.oneof(anyText, fc.constantFrom('total', '0', '5')), at: fc.nat() }),
    {
      maxLength: 4,
    },
  ),
  odd: fc.oneof({ weight: 15, arbitrary: fc.constant('none' as const) }, fc.constantFrom(...oddities)),
})

/** Any graph of objects: most can be stored, with objects at many places; some go round in a circle, or hide something. */
export const anyGraph: fc.Arbitrary<object> = fc
  .tuple(fc.array(plan, { minLength: 1, maxLength: 12 }), fc.boolean())
  .map(([plans, mayCircle]) => {
    const objects = plans.map(({ kind }) => makers[kind]())
    plans.forEach(({ members, odd }, i) => {
      const object = objects[i] as object
      // Only to those after it, there is no way back.
      const others = mayCircle ? objects : objects.slice(i + 1)
      for (const { name, at } of members) put(object, name, others[at % others.length] ?? at)
      makeOdd(object, odd)
    })
    return objects[0] as object
  })

function put(object: object, name: string, member: unknown): void {
  if (object instanceof Map && name.length > 2) object.set(member, member)
  else if (object instanceof Set && name.length > 2) object.add(member)
  else if (!(ArrayBuffer.isView(object) && /^\d+$/.test(name)) && !Object.hasOwn(object, name))
    ownProperties(object, [[name, member]])
}

function makeOdd(object: object, odd: Plan['odd']): void {
  if (odd === 'symbol') Object.assign(object, { [Symbol('odd')]: 1 })
  if (odd === 'hidden') Object.defineProperty(object, 'odd', { value: 1 })
  if (odd === 'getter')
    Object.defineProperty(object, 'odd', { get: () => 1, enumerable: true, configurable: true })
  if (odd === 'frozen' && !ArrayBuffer.isView(object)) Object.freeze(object)
  if (odd === 'toJSON') Object.defineProperty(object, 'toJSON', { value: () => 'theirs', configurable: true })
}

/** Whether what is one object in the one graph is one in the other, and what is two is two. */
export function isSharedAlike(a: unknown, b: unknown): boolean {
  const there = new Map<unknown, unknown>()
  const back = new Map<unknown, unknown>()
  function isAlike(a: unknown, b: unknown): boolean {
    if (typeof a !== 'object' || a === null) return true
    if (there.has(a) || back.has(b)) return there.get(a) === b && back.get(b) === a
    there.set(a, b)
    back.set(b, a)
    const [membersOfA, membersOfB] = [membersOf(a), membersOf(b as object)]
    return membersOfA.every((member, i) => isAlike(member, membersOfB[i]))
  }
  return isAlike(a, b)
}

function membersOf(object: object): unknown[] {
  const inside = object instanceof Map ? [...object].flat() : object instanceof Set ? [...object] : []
  return ArrayBuffer.isView(object) ? [] : [...inside, ...Object.values(object)]
}
