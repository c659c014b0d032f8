import { SessionError } from './errors.ts'
import type { RequestHooks } from './exchange.ts'
import { withStatus } from './http-error.ts'
import type { Manager } from './manager.ts'
import type { NodeRequest } from './node-request.ts'
import type { NodeResponse } from './node-response.ts'
import { RequestSession, type RequestSessionType } from './request-session.ts'
import type { LoadErrorPolicy } from './request-state.ts'

/** Sessions that the configuration has switched off. */
export interface SessionsOff {
  readonly sessionOn: false
  /** Which setting says so, for whoever asks for a session all the same. */
  readonly why: string
}

/** How an adapter gives sessions to requests. `Req` is the framework's request or context. */
export interface AdapterOptions<Req> {
  /** Load no session before the handler asks for it with `await session.sessionStart()`. Default false. */
  readonly lazy?: boolean
  /** Whether a request has a session at all. Default true. */
  readonly sessionOn?: boolean | ((req: Req) => boolean)
  /**
   * What becomes of a request whose session cannot be loaded: `'error'`, an error with status 503, or
   * `'anonymous'`, an empty session that cannot be changed. Default `'error'`.
   */
  readonly onLoadError?: LoadErrorPolicy | ((error: unknown, req: Req) => LoadErrorPolicy)
}

/** What the adapters of all frameworks have in common. */
export class Adapter<Data extends object, Req, Session extends RequestSession<Data> = RequestSession<Data>> {
  readonly #sessions: Manager<Data> | SessionsOff
  readonly #options: AdapterOptions<Req>
  readonly #Type: RequestSessionType<Data, Session>

  /** `Type`: the adapter's own class of sessions, if it has one. @throws ERR_CONFIG */
  constructor(
    sessions: Manager<Data> | SessionsOff,
    options: AdapterOptions<Req> = {},
    Type: RequestSessionType<Data, Session> = RequestSession as unknown as RequestSessionType<Data, Session>,
  ) {
    checkSessions(sessions)
    checkOptions(options)
    this.#sessions = sessions
    this.#options = options
    this.#Type = Type
  }

  /** The session of a request: not loaded yet. */
  session(
    request: Req,
    req: NodeRequest | Request,
    res: NodeResponse | Headers,
    { onSaveError, isSecure }: RequestHooks = {},
  ): Session {
    const { sessionOn = true } = this.#options
    if ('why' in this.#sessions) return this.#off(this.#sessions.why)
    if (!(typeof sessionOn === 'function' ? sessionOn(request) : sessionOn))
      return this.#off('sessionOn is false for this request')
    const onLoadError = (error: unknown): LoadErrorPolicy => this.#onLoadError(error, request)
    return this.#sessions.requestSession(req, res, { onSaveError, isSecure, onLoadError }, this.#Type)
  }

  /**
   * Loads the session; nothing to wait for where that is left to the handler. @throws what the load throws, with
   * status 503
   */
  start(session: RequestSession<Data>): Promise<unknown> | undefined {
    return this.#options.lazy || session.isOff ? undefined : session.sessionStart()
  }

  #off(why: string): Session {
    return new this.#Type(undefined, undefined, why)
  }

  #onLoadError(error: unknown, request: Req): LoadErrorPolicy {
    withStatus(error, 503)
    const { onLoadError = 'error' } = this.#options
    return typeof onLoadError === 'function' ? onLoadError(error, request) : onLoadError
  }
}

function checkSessions(sessions: unknown): void {
  const { requestSession, why } = (sessions ?? {}) as { requestSession?: unknown; why?: unknown }
  if (typeof requestSession === 'function' || typeof why === 'string') return
  const given =
    typeof (sessions as { then?: unknown })?.then === 'function'
      ? 'a promise: await it, or use lazyManager'
      : typeof sessions
  fail(`needs a manager, e.g. sessions(await newManager('memory')), not ${given}`)
}

function checkOptions(options: object): void {
  for (const name of Object.keys(options))
    if (!['lazy', 'sessionOn', 'onLoadError'].includes(name))
      fail(`has no option '${name}'; there are lazy, sessionOn and onLoadError`)
  const { lazy = false, sessionOn = true, onLoadError = 'error' } = options as AdapterOptions<unknown>
  if (typeof lazy !== 'boolean') fail('needs true or false for lazy, e.g. { lazy: true }')
  if (typeof sessionOn !== 'boolean' && typeof sessionOn !== 'function')
    fail('needs true, false or a function for sessionOn, e.g. { sessionOn: false }')
  if (typeof onLoadError !== 'function' && !['error', 'anonymous'].includes(onLoadError))
    fail("needs 'error', 'anonymous' or a function for onLoadError, e.g. { onLoadError: 'anonymous' }")
}

function fail(problem: string): never {
  throw new SessionError('ERR_CONFIG', `The session middleware ${problem}`)
}
