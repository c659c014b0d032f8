import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { readyForProperties } from '../src/lib/own-properties.ts'

/** Whether V8 keeps the object's properties by a hidden class, and not as a dictionary. */
const hasHiddenClass: (object: object) => boolean = (() => {
  setFlagsFromString('--allow-natives-syntax')
  const native = new Function('object', 'return %HasFastProperties(object)')
  setFlagsFromString('--no-allow-natives-syntax')
  return native as (object: object) => boolean
})()

function exchange(): { req: IncomingMessage; res: ServerResponse } {
  const req = new IncomingMessage(new Socket())
  req.httpVersionMajor = 1
  const res = new ServerResponse(req)
  res.sendDate = false
  return { req, res }
}

const copiesHiddenClasses = Number.parseInt(process.versions.v8, 10) < 13

/** As Express does it. */
function givePrototype(object: object): void {
  Object.setPrototypeOf(object, Object.create(Object.getPrototypeOf(object) as object) as object)
}

describe('a request and a response whose prototype was replaced', () => {
  it('become dictionaries where V8 would copy their hidden classes', () => {
    const { req, res } = exchange()
    givePrototype(req)
    givePrototype(res)
    expect([hasHiddenClass(req), hasHiddenClass(res)]).toEqual([true, true])
    readyForProperties(req, 'httpVersionMajor')
    readyForProperties(res, 'sendDate')
    expect([hasHiddenClass(req), hasHiddenClass(res)]).toEqual([!copiesHiddenClasses, !copiesHiddenClasses])
  })

  it('keep all that they have', () => {
    const { req, res } = exchange()
    givePrototype(req)
    givePrototype(res)
    const before = [new Set(Reflect.ownKeys(req)), new Set(Reflect.ownKeys(res))]
    readyForProperties(req, 'httpVersionMajor')
    readyForProperties(res, 'sendDate')
    expect([new Set(Reflect.ownKeys(req)), new Set(Reflect.ownKeys(res))]).toEqual(before)
    expect([req.httpVersionMajor, res.sendDate]).toEqual([1, false])
  })
})

describe('a request and a response as Node makes them', () => {
  it('are left alone', () => {
    const { req, res } = exchange()
    readyForProperties(req, 'httpVersionMajor')
    readyForProperties(res, 'sendDate')
    expect([hasHiddenClass(req), hasHiddenClass(res)]).toEqual([true, true])
  })

  it('are left alone where they lack the property, as those of HTTP/2', () => {
    const object = Object.create(Object.create(Object.prototype) as object) as object
    readyForProperties(object, 'sendDate')
    expect(Reflect.ownKeys(object)).toEqual([])
  })
})
