import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Secure } from './cookie.ts'
import type { SessionEventName, SessionEvents } from './events.ts'
import type { ManagerContext } from './manager-context.ts'
import { checkHashKeys } from './manager-options.ts'
import type { NodeRequest } from './node-request.ts'
import type { NodeResponse } from './node-response.ts'
import type { Provider } from './provider.ts'
import { answerErrors } from './request-listener.ts'
import { RequestSession, type RequestSessionOptions, type RequestSessionType } from './request-session.ts'
import type { Session } from './session.ts'
import type { HashFunction } from './session-id.ts'
import type { Capabilities } from './session-port.ts'
import type { SessionData } from './session-store.ts'
import type { Visit } from './visit.ts'
import { Visits } from './visits.ts'
import { answerWeb, type WebErrorHandler, type WebHandler } from './web-answer.ts'

/** The sessions of one application. `newManager` makes one, and `lazyManager`. */
export class Manager<Data extends object = SessionData> {
  readonly #context: ManagerContext
  readonly #visits: Visits<Data>
  readonly #onClose: (() => void) | undefined
  #closing: Promise<void> | undefined

  /** For core only. */
  constructor(context: ManagerContext, onClose?: () => void) {
    this.#context = context
    this.#visits = new Visits(context)
    this.#onClose = onClose
  }

  /** What the engine can do. @throws ERR_NOT_CONNECTED before the first use of a `lazyManager` */
  get capabilities(): Capabilities {
    return this.#context.port.capabilities
  }

  /**
   * The session of a request: the same one for every call, an empty one for a visitor without, and never one
   * under an id that the visitor made up. Nothing is stored, and no cookie sent, until it is given data.
   *
   * On a Node response (HTTP/1 and the compatibility response of HTTP/2) a changed session is saved before the
   * headers leave. With a Web `Request` you give the response's `Headers`, and release the session before you
   * send them; {@link handle} does both. Without a response, as in `upgrade` for a WebSocket or to read a session, it
   * can be read and changed, but not begun: what needs a cookie is `ERR_HEADERS_SENT`.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT if the engine cannot be asked
   */
  sessionStart(req: NodeRequest, res?: NodeResponse): Promise<Session<Data>>
  sessionStart(req: Request, headers?: Headers): Promise<Session<Data>>
  sessionStart(req: NodeRequest | Request, res?: NodeResponse | Headers): Promise<Session<Data>> {
    try {
      return this.#start(this.#visits.of(req, res))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Ends the session of a request and clears its cookie. The session stays ended, whatever other requests
   * still do with it; `sessionStart` gives a new one. The response waits for this, even if nobody awaits it, and fails
   * with it.
   */
  sessionDestroy(req: NodeRequest, res?: NodeResponse): Promise<void>
  sessionDestroy(req: Request, headers?: Headers): Promise<void>
  sessionDestroy(req: NodeRequest | Request, res?: NodeResponse | Headers): Promise<void> {
    const visit = this.#visits.of(req, res)
    return visit.run(() => {
      this.#context.checkOpen()
      return visit.destroy()
    })
  }

  /**
   * Gives the session a new id, with its data and the changes made so far: call it whenever a visitor's rights
   * change, at login above all. When it returns, the old id is dead. The response waits for this, even if nobody awaits
   * it, and fails with it.
   */
  sessionRegenerateId(req: NodeRequest, res: NodeResponse): Promise<Session<Data>>
  sessionRegenerateId(req: Request, headers?: Headers): Promise<Session<Data>>
  sessionRegenerateId(req: NodeRequest | Request, res?: NodeResponse | Headers): Promise<Session<Data>> {
    const visit = this.#visits.of(req, res)
    return visit.run(() => {
      this.#context.checkOpen()
      return visit.regenerate()
    })
  }

  /**
   * Answers a Web request: starts its session, runs the handler, saves, and puts the cookie on the response that the
   * handler returned.
   *
   * What the handler had changed before it throws is saved all the same. `onError` then answers, and that response gets
   * the cookie; so does a save that fails. Without `onError` this rejects, and the cookie of a new session, or of a new
   * id, is lost with the response.
   */
  handle(request: Request, handler: WebHandler<Data>, onError?: WebErrorHandler): Promise<Response> {
    try {
      this.#context.checkOpen()
      return answerWeb(this.#visits.ofWeb(request), handler, onError)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * A listener for `createServer`, of HTTP/1 or HTTP/2, that answers what the handler throws or rejects with: 503 if the
   * backend of the sessions is away, else 500. The error is printed, as frameworks do. A response that had begun is cut.
   */
  listener<Req extends NodeRequest = IncomingMessage, Res extends NodeResponse = ServerResponse>(
    handler: (req: Req, res: Res) => unknown,
  ): (req: Req, res: Res) => void {
    return (req, res) => {
      // So that the response waits also if a method of it is looked up before the session is started.
      this.#visits.of(req, res)
      void answerErrors(() => handler(req, res), res)
    }
  }

  /**
   * The session of a request for an adapter of a framework: not loaded yet, under the original's controller names
   * too, and with an answer of the adapter's own for a save that fails. `Type` is the adapter's own class of them.
   */
  requestSession<Session extends RequestSession<Data> = RequestSession<Data>>(
    req: NodeRequest | Request,
    res: NodeResponse | Headers,
    options: RequestSessionOptions = {},
    Type: RequestSessionType<Data, Session> = RequestSession as unknown as RequestSessionType<Data, Session>,
  ): Session {
    this.#context.checkOpen()
    return new Type(this.#visits.of(req, res, options).enter(), options.onLoadError)
  }

  /** How many sessions are live. @throws ERR_UNSUPPORTED where the engine cannot tell */
  async getActiveSession(): Promise<number> {
    this.#context.checkOpen()
    await this.#context.connect()
    return this.#context.port.count()
  }

  /**
   * Sets how ids are tagged from now on: the name of a hash that Node knows or a function, and the key or keys
   * (the first signs, all are accepted; '' for no tags). Without `key` the keys stay.
   *
   * @throws ERR_CONFIG
   */
  setHashFunc(
    hashFunc: string | HashFunction,
    key: string | readonly string[] = this.#context.options.hashKey,
  ): void {
    const hashKey = checkHashKeys(key)
    this.#context.ids.setHashFunc(hashFunc, hashKey)
    this.#context.options.hashKey = hashKey
  }

  /** Sets whether the cookie is for HTTPS only, as the option `secure`. @throws ERR_CONFIG */
  setSecure(secure: Secure): void {
    this.#context.setSecure(secure)
  }

  /**
   * Sweeps expired sessions now, beside the sweeps of `sweepEvery`. Gives how many were reclaimed. It never rejects: a
   * failure is the event `sweepError`.
   */
  gc(): Promise<number> {
    return this.#context.sweep()
  }

  /** Stops the sweeping and closes what the engine opened. A client that you passed in stays open. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  /** One cheap round trip to the backend, for health checks. @throws ERR_BACKEND, ERR_TIMEOUT */
  async ping(): Promise<void> {
    this.#context.checkOpen()
    await this.#context.connect()
    await this.#context.port.ping()
  }

  /** The engine, as the original's seven methods. */
  getProvider(): Provider {
    return this.#context.provider
  }

  /**
   * What the engine is given for a session id: its hash. Use it in logs, and with `getProvider()`.
   *
   * @throws ERR_NOT_CONNECTED before the first use of a `lazyManager`
   */
  storageID(sid: string): string {
    return this.#context.storageID(sid)
  }

  /** Calls `listener` at every such event of this manager. */
  on<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): this {
    this.#context.events.on(name, listener)
    return this
  }

  off<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): this {
    this.#context.events.off(name, listener)
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#onClose?.()
    await this.#context.close()
  }

  #start(visit: Visit<Data>): Promise<Session<Data>> {
    this.#context.checkOpen()
    return visit.start()
  }
}
