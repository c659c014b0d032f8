/** `target` with some of its properties replaced; its methods still run on `target`. */
export function overriding<T extends object>(target: T, overrides: ReadonlyMap<PropertyKey, unknown>): T {
  return new Proxy(target, {
    get(object, property) {
      if (overrides.has(property)) return overrides.get(property)
      const value: unknown = Reflect.get(object, property, object)
      return typeof value === 'function' ? value.bind(object) : value
    },
  })
}
