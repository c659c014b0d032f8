import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Awaitable } from './awaitable.ts'
import type { Exchange, RequestHooks, SaveErrorHandler } from './exchange.ts'
import { LateSave } from './late-save.ts'
import { type NodeRequest, NodeRequestSide } from './node-request.ts'
import { isClosed, type NodeResponse } from './node-response.ts'
import { type HeadersContext, ResponseHeaders } from './response-headers.ts'
import { ResponseHold } from './response-hold.ts'

/** What an exchange needs of its manager. */
export interface ExchangeContext extends HeadersContext {
  readonly onSaveError: SaveErrorHandler
}

/** The Node side of a request: its response waits for the session's save. */
export class NodeExchange extends NodeRequestSide implements Exchange {
  readonly #response: NodeResponse
  readonly #headers: ResponseHeaders
  readonly #hold: ResponseHold
  #lateSave: LateSave | undefined
  readonly hasResponse = true

  constructor(request: NodeRequest, response: NodeResponse, context: ExchangeContext, hooks: RequestHooks) {
    super(request, hooks)
    this.#response = response
    this.#headers = new ResponseHeaders(response, context)
    const { onSaveError = context.onSaveError } = hooks
    this.#hold = new ResponseHold(response, this.#headers, error =>
      onSaveError(error, request as IncomingMessage, response as ServerResponse),
    )
  }

  begin(save: () => Awaitable<void>): void {
    this.#lateSave = new LateSave(save)
    this.#hold.begin(save)
    // Not once: it comes once anyway, and that would cost every request a wrapper.
    this.#response.on('close', () => this.#lateSave?.run())
  }

  get headersSent(): boolean {
    return this.#hold.headersSent
  }

  get hasFailed(): boolean {
    return this.#hold.hasFailed
  }

  setLines(lines: readonly string[]): void {
    this.#headers.lines = lines
    // What the response holds back gets its lines when it leaves.
    if (!this.#response.headersSent) this.#headers.applyLines()
  }

  changed(): void {
    if (isClosed(this.#response)) this.#lateSave?.schedule()
  }

  leaveAnswer(): void {
    this.#hold.leaveAnswer()
  }

  fail(): void {
    this.#hold.fail()
  }
}
