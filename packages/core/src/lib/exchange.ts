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
  /** Whether the client reached us over TLS, as far as is known. */
  isSecure(trustProxy: boolean): boolean
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

/**
 * Whether a header tells of the answer that it comes with. Others are said with every answer, as those of CORS and of
 * security: an answer in place of another keeps them.
 */
export function isOfAnswer(name: string): boolean {
  return /^(?:accept-ranges|age|cache-control|content-(?!security-policy).*|digest|etag|expires|last-modified|link|location|pragma|refresh|set-cookie|trailer|transfer-encoding)$/i.test(
    name,
  )
}

/** The scheme a proxy reports: RFC 7239's `Forwarded`, else `X-Forwarded-Proto`; of several the first, the client's. */
export function isForwardedSecure(header: (name: string) => string | undefined): boolean {
  const forwarded = header('forwarded')
  const proto =
    forwarded === undefined
      ? header('x-forwarded-proto')?.split(',', 1)[0]
      : /(?:^|;)\s*proto="?([^";,]*)/i.exec(forwarded.split(',', 1)[0] as string)?.[1]
  return proto?.trim().toLowerCase() === 'https'
}

/**
 * `Cache-Control` for a response that sets a session cookie: a shared cache that kept it would hand one
 * visitor's session to others. What else the handler said stays.
 */
export function privateCacheControl(value: string): string {
  if (value === '') return 'private'
  const directives = value.split(',').map(directive => directive.trim())
  if (directives.some(directive => /^(?:private|no-store)$/i.test(directive))) return value
  return [
    'private',
    ...directives.filter(directive => directive !== '' && !/^(?:public|s-maxage=.*)$/i.test(directive)),
  ].join(', ')
}
