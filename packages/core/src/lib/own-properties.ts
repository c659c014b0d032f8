/** V8 before 13, as in Node 20 and 22; the one of Node 24 does not. */
const copiesHiddenClasses = Number.parseInt(process.versions.v8 ?? '13', 10) < 13

/**
 * Readies a request or a response for the properties that sessions give it, with one of its own at hand.
 *
 * Express replaces the prototype of both. An older V8 then has a hidden class for that one object, and for every
 * property that is added makes another: five microseconds each, and nothing that comes after is in a cache. An object
 * that a property was deleted from is a dictionary, which takes properties at once; all that Node and Express do with
 * it is faster, too.
 */
export function readyForProperties(object: object, own: 'httpVersionMajor' | 'sendDate'): void {
  if (!copiesHiddenClasses) return
  // A class's prototype names its constructor; one that was put in its place does not.
  if (Object.hasOwn(Object.getPrototypeOf(object) as object, 'constructor')) return
  if (!Object.hasOwn(object, own)) return
  const properties = object as { [own in typeof own]?: unknown }
  const value = properties[own]
  delete properties[own]
  properties[own] = value
}
