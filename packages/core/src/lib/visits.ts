import { IncomingMessage, type ServerResponse } from 'node:http'
import { SessionError } from './errors.ts'
import type { Events } from './events.ts'
import { NodeExchange } from './node-exchange.ts'
import { LoneRequest, type NodeRequest } from './node-request.ts'
import type { NodeResponse } from './response-gate.ts'
import { Visit, type VisitContext } from './visit.ts'
import { WebExchange } from './web-exchange.ts'

/** Answers a request whose session could not be saved. Nothing has been sent yet. */
export type SaveErrorHandler = (error: unknown, req: IncomingMessage, res: ServerResponse) => void

/** What an adapter of a framework knows better of a request than core. */
export interface RequestHooks {
  /** Answers this request if its session cannot be saved, in place of the manager's `onSaveError`. */
  readonly onSaveError?: SaveErrorHandler
  /** Whether the client reached us over TLS, as the framework is configured; in place of `trustProxy`. */
  readonly isSecure?: () => boolean
}

/** A request, with its visit under its manager's key. */
type VisitCarrier<Data extends object> = object & { [key: symbol]: Visit<Data> | undefined }

/** The visits of one manager: one for each request. */
export class Visits<Data extends object> {
  readonly #context: VisitContext
  readonly #events: Events
  readonly #onSaveError: SaveErrorHandler
  /** Where a request carries its visit: a property costs far less than a WeakMap of short-lived keys. */
  readonly #key = Symbol('sess.visit')

  constructor(context: VisitContext, events: Events, onSaveError: SaveErrorHandler) {
    this.#context = context
    this.#events = events
    this.#onSaveError = onSaveError
  }

  /** The visit of a request: the same one for every call. */
  of(
    req: NodeRequest | Request,
    res: NodeResponse | Headers | undefined,
    hooks: RequestHooks = {},
  ): Visit<Data> {
    const known = (req as object as VisitCarrier<Data>)[this.#key]
    if (known) return known
    const visit = new Visit<Data>(this.#context, self => {
      if (isWeb(req)) return this.#webExchange(req, res as Headers | undefined, hooks)
      if (res === undefined) return new LoneRequest(req)
      return this.#nodeExchange(req, res as NodeResponse, self, hooks)
    })
    return this.#attach(req, visit)
  }

  /** The visit of a Web request whose response is yet to be made. */
  ofWeb(request: Request): { visit: Visit<Data>; exchange: WebExchange } {
    const exchange = this.#webExchange(request, new Headers(), {})
    return { visit: this.#attach(request, new Visit<Data>(this.#context, () => exchange)), exchange }
  }

  #attach(req: object, visit: Visit<Data>): Visit<Data> {
    ;(req as VisitCarrier<Data>)[this.#key] = visit
    return visit
  }

  #nodeExchange(
    req: NodeRequest,
    res: NodeResponse,
    visit: Visit<Data>,
    { isSecure, onSaveError = this.#onSaveError }: RequestHooks,
  ): NodeExchange {
    return new NodeExchange(req, res, {
      session: () => visit.session,
      settle: () => visit.settle(),
      carrier: this.#context.carrier,
      isSecure,
      onSaveError: error => onSaveError(error, req as IncomingMessage, res as ServerResponse),
      onCacheControl: (from, to) => this.#events.emit('cacheControl', { from, to }),
    })
  }

  #webExchange(request: Request, headers: Headers | undefined, { isSecure }: RequestHooks): WebExchange {
    if (headers === undefined)
      throw new SessionError(
        'ERR_CONFIG',
        'Give the Headers of the response, for the cookie: only inside manager.handle can they be left out',
      )
    return new WebExchange(request, headers, {
      carrier: this.#context.carrier,
      isSecure,
      onCacheControl: (from, to) => this.#events.emit('cacheControl', { from, to }),
    })
  }
}

/** Told by what it can do: servers and test runners have a `Request` class of their own. */
function isWeb(req: NodeRequest | Request): req is Request {
  // Node parses its headers when somebody asks for them.
  if (req instanceof IncomingMessage) return false
  return typeof (req.headers as { get?: unknown }).get === 'function'
}
