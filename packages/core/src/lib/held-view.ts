import { type AnyMethod, headersSentError, isHttp2, type NodeResponse } from './node-response.ts'

/** What a held response has come to. */
interface Held {
  /** Whether the handler has ended the response. */
  readonly isEnded: boolean
}

/** How a response looks: as a held one while there is one, else as it is. */
interface View {
  held: Held | undefined
  /** Properties that the response itself had. */
  readonly own: Map<string, PropertyDescriptor>
}

const key: unique symbol = Symbol('sess.view')

type Viewed = NodeResponse & { [key]?: View; [name: string]: unknown }

/**
 * Makes a response that is held back look as the handler made it, or, without `held`, as it is: `headersSent`,
 * `writableEnded`, and methods that change the head.
 */
export function show(response: NodeResponse, held: Held | undefined): void {
  const viewed = response as Viewed
  viewed[key] ??= install(viewed)
  viewed[key].held = held
}

/** The same functions for all responses: with functions of its own each would be an object of another shape to V8. */
function install(response: Viewed): View {
  const own: View['own'] = new Map()
  for (const [name, accessor] of accessors) {
    // Its own data in HTTP/1, which a held response sets: to make that an accessor would cost V8 the object's shape.
    if (name === 'finished' && !isHttp2(response)) continue
    const descriptor = Object.getOwnPropertyDescriptor(response, name)
    if (descriptor) own.set(name, descriptor)
    Object.defineProperty(response, name, accessor)
  }
  for (const [name, method] of methods) {
    if (typeof response[name] !== 'function') continue
    const descriptor = Object.getOwnPropertyDescriptor(response, name)
    if (descriptor) own.set(name, descriptor)
    response[name] = method
  }
  return { held: undefined, own }
}

const accessors = [
  accessor('headersSent', () => true),
  accessor('writableEnded', (held, own) => held.isEnded || own === true),
  // The older name for it, of which on-finished, http-proxy and Next.js ask.
  accessor('finished', (held, own) => held.isEnded || own === true),
  accessor('writableFinished', () => false),
] as const

const methods = [
  ['addTrailers', addTrailers as AnyMethod] as [string, AnyMethod],
  method('setHeader', 'set'),
  method('setHeaders', 'set'),
  method('appendHeader', 'append'),
  method('removeHeader', 'remove'),
] as const

function accessor(name: string, shown: (held: Held, own: unknown) => boolean): [string, PropertyDescriptor] {
  return [
    name,
    {
      configurable: true,
      get(this: Viewed) {
        const { held, own } = this[key] as View
        const value = before(this, own, name)
        return held ? shown(held, value) : value
      },
      // A mocked response sets such properties of its own.
      set(this: Viewed, value: unknown) {
        this[key]?.own.set(name, { value })
      },
    },
  ]
}

function method(name: string, verb: 'set' | 'append' | 'remove'): [string, AnyMethod] {
  function change(this: Viewed, ...args: unknown[]): unknown {
    const { held, own } = this[key] as View
    if (held) throw headersSentError(this, verb)
    return (before(this, own, name) as AnyMethod).apply(this, args)
  }
  return [name, change as AnyMethod]
}

/** Trailers that come after the end are too late for HTTP/1. */
function addTrailers(this: Viewed, ...args: unknown[]): unknown {
  const { held, own } = this[key] as View
  return held?.isEnded && !isHttp2(this)
    ? undefined
    : (before(this, own, 'addTrailers') as AnyMethod).apply(this, args)
}

/** A property as it was before {@link install}. */
function before(response: Viewed, own: View['own'], name: string): unknown {
  const descriptor = own.get(name)
  if (descriptor) return descriptor.get ? descriptor.get.call(response) : descriptor.value
  return Reflect.get(Object.getPrototypeOf(response) as object, name, response)
}
