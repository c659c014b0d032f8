import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Awaitable } from './awaitable.ts'
import type { Carrier } from './carrier.ts'
import type { Events } from './events.ts'

/** Answers a request whose session could not be saved. Nothing has been sent yet. */
type SaveErrorHandler = (error: unknown, req: IncomingMessage, res: ServerResponse) => void

/** What an adapter of a framework knows better of a request than core. */
export interface RequestHooks {
  /** Answers this request if its session cannot be saved, in place of the manager's `onSaveError`. */
  readonly onSaveError?: SaveErrorHandler | undefined
  /** Whether the client reached us over TLS, as the framework is configured; in place of `trustProxy`. */
  readonly isSecure?: (() => boolean) | undefined
}

/** What an exchange needs of its manager. */
export interface ExchangeContext {
  /** How the session travels. */
  readonly carrier: Pick<Carrier, 'responseHeader' | 'owns'>
  readonly events: Pick<Events, 'emit'>
  readonly onSaveError: SaveErrorHandler
}

/** What an exchange asks of its visit. */
export interface ExchangeVisit {
  readonly session: { readonly needsRelease: boolean } | undefined
  /** Saves the session. */
  settle(): Awaitable<void>
}

/** One request and its response, as far as sessions are concerned. */
export interface Exchange {
  /** There is a session: from now on there may be something to save. */
  begin(visit: ExchangeVisit): void
  /** A header of the request, by its name in lower case. */
  header(name: string): string | undefined
  /** Whether the client reached us over TLS, as far as is known. `proxies`: how many are trusted. */
  isSecure(proxies: number): boolean
  /** Whether it is too late to send a cookie. */
  readonly headersSent: boolean
  /** Puts the session's lines on the response, in place of those put there before for the same session. */
  setLines(lines: readonly string[]): void
  /** There are unsaved changes. */
  changed(): void
  /** The save failed, and somebody else answers: the session is not saved again. */
  abandon(): void
  /** The response with the session's lines, where it is a Web response. After the last call no cookie can be sent. */
  respond?(response: Response, isLast: boolean): Response
}
