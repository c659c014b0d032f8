import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Awaitable } from './awaitable.ts'

/** Answers a request whose session could not be saved. Nothing has been sent yet. */
export type SaveErrorHandler = (error: unknown, req: IncomingMessage, res: ServerResponse) => void

/** What an adapter of a framework knows better of a request than core. */
export interface RequestHooks {
  /** Answers this request if its session cannot be saved, instead of the manager's `onSaveError`. */
  readonly onSaveError?: SaveErrorHandler | undefined
  /** Whether the client reached us over TLS, as the framework is configured; instead of `trustProxy`. */
  readonly isSecure?: (() => boolean) | undefined
}

/** One request and its response, as far as sessions are concerned. Calls go from the visit to the exchange only. */
export interface Exchange {
  /**
   * There may be something to save from now on. `save` saves what there is, and gives a promise if that takes time. A
   * response waits for it.
   */
  begin(save: () => Awaitable<void>): void
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined
  /** Whether the client reached us over TLS, as far as is known. `proxies`: how many are trusted. */
  isSecure(proxies: number): boolean
  /** Whether there is a response, sent or not. */
  readonly hasResponse: boolean
  /** Whether it is too late to send a cookie, or there is no response to send one on. */
  readonly headersSent: boolean
  /** Puts the session's lines on the response, instead of those put there before for the same session. */
  setLines(lines: readonly string[]): void
  /** There are unsaved changes. */
  changed(): void
  /** Whether a save has failed: the session is not saved again behind the answer to that. */
  readonly hasFailed: boolean
  /** Leaves the answer to a failed save to a caller, who waits for the save and calls {@link fail}. */
  leaveAnswer(): void
  /** The save failed. */
  fail(): void
  /** The response with the session's lines, where it is a Web response. */
  respond?(response: Response): Response
  /** No cookie can be sent any more. Says whether there was one to be sent that no Web response has taken along. */
  close?(): boolean
}
