import { IncomingMessage } from 'node:http'
import { SessionError } from './errors.ts'
import type { Exchange, ExchangeContext, RequestHooks } from './exchange.ts'
import { NodeExchange } from './node-exchange.ts'
import { LoneRequest, type NodeRequest } from './node-request.ts'
import { readyForProperties } from './own-properties.ts'
import type { NodeResponse } from './response-gate.ts'
import { Visit, type VisitContext } from './visit.ts'
import { WebExchange } from './web-exchange.ts'

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
    return (
      (req as object as VisitCarrier<Data>)[this.#key] ?? this.#begin(req, this.#exchange(req, res, hooks))
    )
  }

  /** The visit of a Web request whose response is yet to be made. */
  ofWeb(request: Request): { visit: Visit<Data>; exchange: WebExchange } {
    const exchange = new WebExchange(request, new Headers(), this.#context, {})
    return { visit: this.#begin(request, exchange), exchange }
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
    if (isWeb(req)) return this.#webExchange(req, res as Headers | undefined, hooks)
    if (res === undefined) return new LoneRequest(req)
    readyForProperties(req, 'httpVersionMajor')
    // At once: what a handler takes from the response before it starts the session must be what waits for it.
    return new NodeExchange(req, res as NodeResponse, this.#context, hooks)
  }

  #webExchange(request: Request, headers: Headers | undefined, hooks: RequestHooks): WebExchange {
    if (headers === undefined)
      throw new SessionError(
        'ERR_CONFIG',
        'Give the Headers of the response, for the cookie: only inside manager.handle can they be left out',
      )
    return new WebExchange(request, headers, this.#context, hooks)
  }
}

/** Told by what it can do: servers and test runners have a `Request` class of their own. */
function isWeb(req: NodeRequest | Request): req is Request {
  // Node parses its headers when somebody asks for them.
  if (req instanceof IncomingMessage) return false
  return typeof (req.headers as { get?: unknown }).get === 'function'
}
