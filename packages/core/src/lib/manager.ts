import { type Carrier, HeaderCarrier, IDCarrier, SealedCarrier } from './carrier.ts'
import { CookieWriter } from './cookie.ts'
import type { Engine } from './engine.ts'
import { connect } from './engine.ts'
import { EngineProvider } from './engine-provider.ts'
import { SessionError } from './errors.ts'
import { Events, type SessionEventName, type SessionEvents } from './events.ts'
import type { ExchangeContext } from './exchange.ts'
import { Lifetimes } from './lifetimes.ts'
import { type CheckedOptions, checkHashKeys } from './manager-options.ts'
import type { NodeRequest } from './node-request.ts'
import type { Provider } from './provider.ts'
import { RequestSession, type RequestSessionOptions, type RequestSessionType } from './request-session.ts'
import type { NodeResponse } from './response-gate.ts'
import type { Session } from './session.ts'
import { type HashFunction, randomID, SessionIDs } from './session-id.ts'
import type { Capabilities, SessionPort } from './session-port.ts'
import type { SessionData } from './session-store.ts'
import { Sweeper } from './sweeper.ts'
import type { Visit, VisitContext } from './visit.ts'
import { Visits } from './visits.ts'

const MAX_SWEEP_INTERVAL = 3600

/** The sessions of one application. `newManager` makes one. */
export class Manager<Data extends object = SessionData> {
  readonly #options: CheckedOptions
  readonly #port: SessionPort
  readonly #provider: Provider
  readonly #events: Events
  readonly #sweeper: Sweeper
  readonly #context: VisitContext & ExchangeContext & { carrier: Carrier }
  readonly #visits: Visits<Data>
  #isClosed = false

  private constructor(
    options: CheckedOptions,
    port: SessionPort,
    provider: Provider | undefined,
    lifetimes: Lifetimes,
    events: Events,
  ) {
    const ids = new SessionIDs(options)
    ids.setHashFunc(options.hashFunc, options.hashKey)
    const { cookieLifeTime, setCookie } = options
    const isSealed = port.capabilities.kind === 'sealed'
    const shared = { port, lifetimes, events }
    this.#options = options
    this.#port = port
    this.#events = events
    this.#provider = provider ?? new EngineProvider(shared)
    this.#sweeper = new Sweeper(port, events, Math.min(options.maxLifetime, MAX_SWEEP_INTERVAL) * 1000)
    this.#context = {
      ...shared,
      ids,
      carrier: this.#carrier(options.secure),
      setCookie,
      cookieLifeTime,
      trustProxy: Number(options.trustProxy),
      onSaveError: options.onSaveError,
      createID: isSealed ? randomID : () => ids.create(),
      storageID: isSealed ? sid => sid : sid => ids.storageID(sid),
    }
    this.#visits = new Visits(this.#context)
  }

  /** For `newManager` only. */
  static async connect<Data extends object>(
    engine: Engine,
    provider: Provider | undefined,
    options: CheckedOptions,
  ): Promise<Manager<Data>> {
    const events = new Events()
    const lifetimes = new Lifetimes(options, options.clock)
    const port = await connect(engine, {
      lifetimes,
      timeout: options.timeout,
      events: { conflict: id => events.emit('conflict', { id }) },
      maxLifetime: options.maxLifetime,
      config: options.providerConfig,
    })
    return new Manager<Data>(options, port, provider, lifetimes, events)
  }

  /** What the engine can do. */
  get capabilities(): Capabilities {
    return this.#port.capabilities
  }

  /**
   * The session of a request: the same one for every call, an empty one for a visitor without, and never one
   * under an id that the visitor made up. Nothing is stored, and no cookie sent, until it is given data.
   *
   * On a Node response (HTTP/1 and the compatibility response of HTTP/2) a changed session is saved before the
   * headers leave. With a Web `Request` you give the response's `Headers`, and release the session before you
   * send them; {@link handle} does both. Without a response, as in `upgrade` for a WebSocket, the session can be
   * read and changed, but not begun.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT if the engine cannot be asked
   */
  sessionStart(req: NodeRequest, res?: NodeResponse): Promise<Session<Data>>
  sessionStart(req: Request, headers: Headers): Promise<Session<Data>>
  sessionStart(req: NodeRequest | Request, res?: NodeResponse | Headers): Promise<Session<Data>> {
    try {
      return this.#start(this.#visits.of(req, res))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Ends the session of a request and clears its cookie. The session stays ended, whatever other requests
   * still do with it; `sessionStart` gives a new one.
   */
  sessionDestroy(req: NodeRequest, res?: NodeResponse): Promise<void>
  sessionDestroy(req: Request, headers?: Headers): Promise<void>
  async sessionDestroy(req: NodeRequest | Request, res?: NodeResponse | Headers): Promise<void> {
    this.#checkOpen()
    await this.#visits.of(req, res).destroy()
  }

  /**
   * Gives the session a new id, with its data and the changes made so far: call it whenever a visitor's rights
   * change, at login above all. When it returns, the old id is dead.
   */
  sessionRegenerateId(req: NodeRequest, res: NodeResponse): Promise<Session<Data>>
  sessionRegenerateId(req: Request, headers?: Headers): Promise<Session<Data>>
  async sessionRegenerateId(
    req: NodeRequest | Request,
    res?: NodeResponse | Headers,
  ): Promise<Session<Data>> {
    this.#checkOpen()
    const visit = this.#visits.of(req, res)
    const session = visit.session ?? (await visit.start())
    await session.regenerate()
    return session
  }

  /**
   * Answers a Web request: starts its session, runs the handler, saves, and puts the cookie on the response
   * that the handler returned. If the handler throws, nothing is saved; if the save fails, this rejects.
   */
  async handle(
    request: Request,
    handler: (session: Session<Data>) => Response | Promise<Response>,
  ): Promise<Response> {
    const { visit, exchange } = this.#visits.ofWeb(request)
    const response = await handler(await this.#start(visit))
    await visit.session?.sessionRelease()
    if (!(response instanceof Response))
      throw new SessionError('ERR_CONFIG', 'manager.handle needs a function that returns a Response')
    return exchange.respond(response, true)
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
    this.#checkOpen()
    return new Type(this.#visits.of(req, res, options).enter(), options.onLoadError)
  }

  /** How many sessions are live. @throws ERR_UNSUPPORTED where the engine cannot tell */
  async getActiveSession(): Promise<number> {
    this.#checkOpen()
    return this.#port.count()
  }

  /**
   * Sets how ids are tagged from now on: the name of a hash that Node knows or a function, and the key or keys
   * (the first signs, all are accepted; '' for no tags). Without `key` the keys stay.
   *
   * @throws ERR_CONFIG
   */
  setHashFunc(
    hashFunc: string | HashFunction,
    key: string | readonly string[] = this.#options.hashKey,
  ): void {
    const hashKey = checkHashKeys(key)
    this.#context.ids.setHashFunc(hashFunc, hashKey)
    this.#options.hashKey = hashKey
  }

  /** Sets whether the cookie is for HTTPS only, as the option `secure`. @throws ERR_CONFIG */
  setSecure(secure: boolean | 'auto'): void {
    this.#context.carrier = this.#carrier(secure)
  }

  /**
   * Sweeps expired sessions now, and every `maxLifetime`, at least every hour, from now on. Gives how many were
   * reclaimed now. It never rejects: a failure is the event `sweepError`. Does not keep the process alive.
   */
  gc(): Promise<number> {
    return this.#sweeper.start()
  }

  /** Stops the sweeping and closes what the engine opened. A client that you passed in stays open. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#sweeper.stop()
    await this.#port.close()
  }

  /** One cheap round trip to the backend, for health checks. @throws ERR_BACKEND, ERR_TIMEOUT */
  async ping(): Promise<void> {
    this.#checkOpen()
    await this.#port.ping()
  }

  /** The engine, as the original's seven methods. */
  getProvider(): Provider {
    return this.#provider
  }

  /** What the engine is given for a session id: its hash. Use it in logs, and with `getProvider()`. */
  storageID(sid: string): string {
    return this.#context.storageID(sid)
  }

  /** Calls `listener` at every such event of this manager. */
  on<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): this {
    this.#events.on(name, listener)
    return this
  }

  off<Name extends SessionEventName>(name: Name, listener: (event: SessionEvents[Name]) => void): this {
    this.#events.off(name, listener)
    return this
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #start(visit: Visit<Data>): Promise<Session<Data>> {
    this.#checkOpen()
    return visit.start()
  }

  #carrier(secure: boolean | 'auto'): Carrier {
    const { cookieName, headerName } = this.#options
    const { maxCookies } = this.#port.capabilities
    if (headerName !== undefined) {
      if (maxCookies === undefined) return new HeaderCarrier(headerName)
      throw new SessionError(
        'ERR_CONFIG',
        'newManager: headerName needs an engine that keeps sessions on the server',
      )
    }
    const cookies = new CookieWriter({ ...this.#options, name: cookieName, secure })
    return maxCookies === undefined
      ? new IDCarrier(cookieName, cookies)
      : new SealedCarrier(cookieName, cookies, maxCookies)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'This manager is closed')
  }
}
