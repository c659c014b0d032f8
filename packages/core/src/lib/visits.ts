import { IncomingMessage } from 'node:http'
import type { Exchange, RequestHooks } from './exchange.ts'
import { LoneExchange } from './lone-exchange.ts'
import { type ExchangeContext, NodeExchange } from './node-exchange.ts'
import { type NodeRequest, NodeRequestSide } from './node-request.ts'
import { isNodeResponse, type NodeResponse } from './node-response.ts'
import { readyForProperties } from './own-properties.ts'
import { Visit, type VisitContext } from './visit.ts'
import { WebExchange, WebRequestSide } from './web-exchange.ts'

/** A request, with its visit under its manager's key. */
type VisitCarrier<Data extends object> = object & { [key: symbol]: Visit<Data> | undefined }

/** The visits of one manager: one for each request. */
export class Visits<Data extends object> {
  readonly #context: VisitContext & ExchangeContext
  /** Where a request carries its visit: a property costs far less than a WeakMap of short-lived keys. */
  readonly #key = Symbol('sess.visit')

  constructor(context: VisitContext & ExchangeContext) {
    this.#context = context
  }

  /** The visit of a request: the same one for every call. */
  of(
    req: NodeRequest | Request,
    res: NodeResponse | Headers | undefined,
    hooks: RequestHooks = {},
  ): Visit<Data> {
    const visit = (req as object as VisitCarrier<Data>)[this.#key]
    if (visit === undefined) return this.#begin(req, this.#exchange(req, res, hooks))
    if (res !== undefined && !visit.hasResponse) visit.attach(this.#exchange(req, res, hooks))
    return visit
  }

  /** The visit of a Web request whose response is yet to be made. */
  ofWeb(request: Request): Visit<Data> {
    return this.of(request, new Headers())
  }

  #begin(req: NodeRequest | Request, exchange: Exchange): Visit<Data> {
    const visit = new Visit<Data>(this.#context, exchange)
    ;(req as object as VisitCarrier<Data>)[this.#key] = visit
    return visit
  }

  #exchange(
    req: NodeRequest | Request,
    res: NodeResponse | Headers | undefined,
    hooks: RequestHooks,
  ): Exchange {
    if (isWeb(req))
      return res === undefined
        ? new LoneExchange(new WebRequestSide(req, hooks))
        : new WebExchange(req, res as Headers, this.#context, hooks)
    // A WebSocket has no response of Node's: some servers give an object with a few of its methods.
    if (!isNodeResponse(res)) return new LoneExchange(new NodeRequestSide(req, hooks))
    readyForProperties(req, 'httpVersionMajor')
    // At once: what a handler takes from the response before it starts the session must be what waits for it.
    return new NodeExchange(req, res, this.#context, hooks)
  }
}

/**
 * Told by what it can do: servers and test runners have a `Request` class of their own, and mocked requests of Node have
 * headers with a `get`.
 */
function isWeb(req: NodeRequest | Request): req is Request {
  // Node parses its headers when somebody asks for them.
  if (req instanceof IncomingMessage) return false
  return typeof (req.headers as { get?: unknown }).get === 'function' && !('on' in req)
}
