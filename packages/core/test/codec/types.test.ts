import { describe, expect, test } from 'vitest'
import { registerType } from '../../src/lib/codec/types.ts'
import { decodeValue, encodeValue } from '../../src/lib/codec/values.ts'

function roundTrip<T>(value: T): T {
  return decodeValue(encodeValue(value, 'cart'), 'cart') as T
}

/** Names are registered for the whole process: each test has its own. */
let count = 0
function freshName(): string {
  return `types.test/${++count}`
}

describe('a registered class', () => {
  test('keeps its own properties, its prototype and its methods; its constructor is not called', () => {
    let constructed = 0
    class Cart {
      items: unknown[] = []
      since = new Date(5)
      constructor() {
        constructed++
      }
      get size(): number {
        return this.items.length
      }
    }
    registerType(freshName(), Cart)
    const cart = new Cart()
    cart.items.push({ n: 1n }, undefined)
    const read = roundTrip(cart)
    expect(read).toStrictEqual(cart)
    expect(read).toBeInstanceOf(Cart)
    expect(read.size).toBe(2)
    expect(constructed).toBe(1)
  })

  test('is stored through its codec, which may keep #private state', () => {
    class Money {
      readonly #cents: bigint
      constructor(cents: bigint) {
        this.#cents = cents
      }
      get cents(): bigint {
        return this.#cents
      }
    }
    registerType(freshName(), Money, {
      encode: (money: Money) => money.cents,
      decode: (cents: bigint) => new Money(cents),
    })
    expect(roundTrip(new Money(12n)).cents).toBe(12n)
  })

  test('may be nested in itself and in everything else', () => {
    class Node {
      next: Node | undefined
      readonly tags = new Map<unknown, unknown>()
    }
    registerType(freshName(), Node)
    const inner = new Node()
    const outer = new Node()
    outer.next = inner
    outer.tags.set(inner, [inner])
    const value = { list: [outer], map: new Map([[outer, new Set([inner])]]) }
    const read = roundTrip(value)
    expect(read).toStrictEqual(value)
    expect(read.list[0]?.next).toBeInstanceOf(Node)
    expect(encodeValue(read, 'cart')).toBe(encodeValue(value, 'cart'))
  })

  test('has a property named __proto__ as any other', () => {
    class Bag {}
    registerType(freshName(), Bag)
    const bag = new Bag()
    Object.defineProperty(bag, '__proto__', {
      value: { a: 1 },
      enumerable: true,
      writable: true,
      configurable: true,
    })
    const read = roundTrip(bag)
    expect(Object.getPrototypeOf(read)).toBe(Bag.prototype)
    expect(Object.keys(read)).toEqual(['__proto__'])
  })

  test('may extend a built-in class when it has a codec', () => {
    class Tags extends Map<string, number> {}
    registerType(freshName(), Tags, {
      encode: (tags: Tags) => [...tags],
      decode: (pairs: [string, number][]) => new Tags(pairs),
    })
    const read = roundTrip(new Tags([['a', 1]]))
    expect(read).toBeInstanceOf(Tags)
    expect([...read]).toEqual([['a', 1]])
  })

  test.each([
    ['Map', class extends Map {}],
    ['Set', class extends Set {}],
    ['Date', class extends Date {}],
    ['Array', class extends Array {}],
    ['Error', class extends Error {}],
    ['Uint8Array', class extends Uint8Array {}],
    ['a class of it', class extends class extends Map {} {}],
    ['Map itself', Map],
  ])('without a codec must not extend %s, whose content is in no property', (_, type) => {
    const name = freshName()
    expect(() => registerType(name, type as new () => object)).toThrow(
      expect.objectContaining({
        code: 'ERR_CONFIG',
        message: expect.stringMatching(/codec.*encode.*decode/s),
      }),
    )
  })

  test('may change how a built-in class is stored, by a codec', () => {
    const name = freshName()
    class Pattern extends RegExp {}
    registerType(name, Pattern, {
      encode: (pattern: Pattern) => [pattern.source, pattern.flags],
      decode: ([source, flags]: string[]) => new Pattern(source as string, flags),
    })
    expect(roundTrip(new Pattern('a+', 'gi'))).toStrictEqual(new Pattern('a+', 'gi'))
  })

  test('is not its subclass', () => {
    class Base {}
    class Derived extends Base {}
    registerType(freshName(), Base)
    expect(() => encodeValue(new Derived(), 'cart')).toThrow(
      expect.objectContaining({
        code: 'ERR_VALUE',
        key: 'cart',
        message: expect.stringContaining('Derived'),
      }),
    )
  })

  test('whose codec fails is told by the key, with the cause', () => {
    const reason = new Error('no')
    class Odd {}
    const name = freshName()
    registerType(name, Odd, {
      encode: () => {
        throw reason
      },
      decode: () => new Odd(),
    })
    expect(() => encodeValue([new Odd()], 'cart')).toThrow(
      expect.objectContaining({
        code: 'ERR_VALUE',
        key: 'cart',
        cause: reason,
        message: expect.stringContaining(name),
      }),
    )

    class Stale {}
    const staleName = freshName()
    registerType(staleName, Stale, {
      encode: () => 1,
      decode: () => {
        throw reason
      },
    })
    expect(() => decodeValue(encodeValue(new Stale(), 'cart'), 'cart')).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE', key: 'cart', cause: reason }),
    )
  })

  test('whose codec gives the instance itself is refused, not followed for ever', () => {
    class Loop {}
    registerType(freshName(), Loop, { encode: (loop: Loop) => loop, decode: (loop: Loop) => loop })
    class Growing {}
    registerType(freshName(), Growing, { encode: () => new Growing(), decode: () => new Growing() })
    for (const value of [new Loop(), new Growing()])
      expect(() => encodeValue(value, 'cart')).toThrow(
        expect.objectContaining({ code: 'ERR_VALUE', key: 'cart' }),
      )
  })

  test('that is not registered here cannot be read; the error names key and class', () => {
    class Cart {}
    const name = freshName()
    registerType(name, Cart)
    const elsewhere = encodeValue({ cart: new Cart() }, 'cart').replace(name, 'shop/Cart')
    expect(() => decodeValue(elsewhere, 'basket')).toThrow(
      expect.objectContaining({
        code: 'ERR_DECODE',
        key: 'basket',
        message: expect.stringMatching(
          /'basket'.*'shop\/Cart' is not registered.*registerType\('shop\/Cart', …\)/,
        ),
      }),
    )
  })
})

describe('registerType', () => {
  test('may be repeated for the same class; the last codec counts', () => {
    class Twice {
      n = 1
    }
    const name = freshName()
    registerType(name, Twice)
    registerType(name, Twice)
    registerType(name, Twice, { encode: () => 7, decode: (n: number) => Object.assign(new Twice(), { n }) })
    expect(roundTrip(new Twice()).n).toBe(7)
  })

  test('refuses one name for two classes, and two names for one class', () => {
    class A {}
    class B {}
    const [a, b] = [freshName(), freshName()]
    registerType(a, A)
    const clash = (name: string) =>
      expect.objectContaining({ code: 'ERR_DUPLICATE', message: expect.stringContaining(`'${name}'`) })
    expect(() => registerType(a, B)).toThrow(clash(a))
    expect(() => registerType(b, A)).toThrow(clash(b))
    expect(roundTrip(new A())).toBeInstanceOf(A)
    registerType(b, B)
    expect(() => registerType(a, B)).toThrow(clash(a))
  })

  test.each([
    ['an empty name', '', class {}],
    ['a name that is no string', 5, class {}],
    ['no class', 'Cart', undefined],
    ['an instance', 'Cart', { a: 1 }],
    ['an arrow function', 'Cart', () => {}],
  ])('refuses %s', (_, name, type) => {
    expect(() => registerType(name as string, type as new () => object)).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringMatching(/registerType.*'Cart'/) }),
    )
  })

  test.each(['constructor', '__proto__', 'toString'])('takes %s as a name like any other', name => {
    class Plain {
      n = 1
    }
    expect(() => decodeValue(`*["c",${JSON.stringify(name)},{"n":1}]`, 'cart')).toThrow(
      expect.objectContaining({ code: 'ERR_DECODE' }),
    )
    registerType(name, Plain)
    expect(roundTrip(new Plain())).toStrictEqual(new Plain())
  })
})
