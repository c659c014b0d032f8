import { type Carrier, HeaderCarrier, IDCarrier, SealedCarrier } from './carrier.ts'
import { CookieWriter } from './cookie.ts'
import { type CookieClaim, claimCookies, releaseCookies } from './cookie-claims.ts'
import { atMost, Deadline } from './deadline.ts'
import { connect, type Engine, type EngineSource, fromProvider, isEngine, isProvider } from './engine.ts'
import { EngineProvider } from './engine-provider.ts'
import { SessionError } from './errors.ts'
import { Events } from './events.ts'
import { LazyProvider } from './lazy-provider.ts'
import { Lifetimes } from './lifetimes.ts'
import { type CheckedOptions, withEngineCookie } from './manager-options.ts'
import type { ExchangeContext } from './node-exchange.ts'
import type { Provider } from './provider.ts'
import { randomID, SessionIDs } from './session-id.ts'
import type { SessionPort } from './session-port.ts'
import { Sweeper } from './sweeper.ts'
import type { VisitContext } from './visit.ts'

/** The most between two sweeps where the options do not say it, in seconds. */
const DEFAULT_SWEEP_EVERY = 3600

/** An engine that is connected, and what follows from its kind. */
interface Connection {
  readonly port: SessionPort
  readonly provider: Provider
  readonly isSealed: boolean
  readonly sweeper: Sweeper
  readonly claim: CookieClaim | undefined
  carrier: Carrier
}

/**
 * What the parts of one manager share: its options, its events, and its connection to the engine, which is made once
 * and made again if it failed.
 */
export class ManagerContext implements VisitContext, ExchangeContext {
  readonly events: Events = new Events()
  readonly ids: SessionIDs
  readonly lifetimes: Lifetimes
  readonly trustProxy: number
  readonly #source: EngineSource
  readonly #options: CheckedOptions
  #connection: Connection | undefined
  #attempt: Promise<void> | undefined
  /** What {@link setSecure} has said: it counts for more than the engine's own configuration. */
  #secure: CheckedOptions['secure'] | undefined
  #isClosed = false

  constructor(source: EngineSource, options: CheckedOptions) {
    this.#source = source
    this.#options = options
    this.ids = new SessionIDs(options)
    this.ids.setHashFunc(options.hashFunc, options.hashKey)
    this.lifetimes = new Lifetimes(options, options.clock)
    this.trustProxy = Number(options.trustProxy)
  }

  /** As they are now: the setters of the manager change them. */
  get options(): CheckedOptions {
    return this.#options
  }

  get onSaveError(): ExchangeContext['onSaveError'] {
    return this.#options.onSaveError
  }

  get setCookie(): boolean {
    return this.#options.setCookie
  }

  get cookieLifeTime(): number {
    return this.#options.cookieLifeTime
  }

  get port(): SessionPort {
    return this.#connected.port
  }

  get carrier(): Carrier {
    return this.#connected.carrier
  }

  /** Connects first where that is yet to be done. */
  get provider(): Provider {
    if (this.#connection) return this.#connection.provider
    return new LazyProvider(async () => {
      await this.connect()
      return this.#connected.provider
    })
  }

  readonly createID = (): string => (this.#connected.isSealed ? randomID() : this.ids.create())

  readonly storageID = (sid: string): string => (this.#connected.isSealed ? sid : this.ids.storageID(sid))

  get isConnected(): boolean {
    return this.#connection !== undefined
  }

  /** @throws ERR_CLOSED */
  checkOpen(): void {
    if (this.#isClosed) throw new SessionError('ERR_CLOSED', 'This manager is closed')
  }

  /** Connects the engine, and takes as long as that takes. @throws what the engine throws when it cannot start */
  open(): Promise<void> {
    this.checkOpen()
    this.#attempt ??= this.#open().catch((error: unknown) => {
      this.#attempt = undefined
      throw error
    })
    return this.#attempt
  }

  /**
   * As {@link open}, for a caller that wants to use the engine now: it waits no longer than `newManager` does.
   * Who comes later waits for the same attempt.
   *
   * @throws ERR_BACKEND, ERR_TIMEOUT, ERR_CONFIG
   */
  async connect(): Promise<void> {
    if (this.#connection) return
    await Deadline.forStart(this.#options.timeout).run('connect', () => this.#attempt ?? this.open())
  }

  /** Sets whether the cookie is for HTTPS only. @throws ERR_CONFIG */
  setSecure(secure: CheckedOptions['secure']): void {
    const options = { ...this.#options, secure }
    new CookieWriter({ ...options, name: options.cookieName })
    if (this.#connection) this.#connection.carrier = carrierOf(options, this.#connection.port)
    this.#secure = secure
  }

  /** Sweeps now. Gives the number of sessions reclaimed; never rejects. */
  async sweep(): Promise<number> {
    if (this.#isClosed) return 0
    try {
      await this.connect()
    } catch (error) {
      this.events.emit('sweepError', { error })
      return 0
    }
    return this.#connected.sweeper.sweep()
  }

  /** Stops the sweeping and closes what the engine opened. Neither a sweep nor a start that hangs is waited for. */
  close(): Promise<void> {
    this.#isClosed = true
    if (this.#connection?.claim) releaseCookies(this.#connection.claim)
    return new Deadline(this.#options.timeout).wait('close', this.#close())
  }

  async #close(): Promise<void> {
    const patience = this.#options.timeout / 2
    // An attempt that is under way closes by itself what it has opened. Its callers are told why it failed.
    await atMost(patience, this.#attempt)
    await atMost(patience, this.#connection?.sweeper.stop())
    await this.#connection?.port.close()
  }

  get #connected(): Connection {
    if (this.#connection) return this.#connection
    throw new SessionError(
      'ERR_NOT_CONNECTED',
      'This manager connects to its engine at the first use, and that is yet to come: await manager.ping() first',
    )
  }

  async #open(): Promise<void> {
    const options = this.#options
    const { providerConfig: config, maxLifetime, cookieName, clock, timeout } = options
    const found: unknown = await this.#source.open({ config, maxLifetime, cookieName, clock, timeout })
    const engine = engineOf(found)
    const merged = withEngineCookie(options, engine.cookie)
    if (this.#secure !== undefined) merged.secure = this.#secure
    const port = await connect(engine, {
      lifetimes: this.lifetimes,
      timeout,
      events: { conflict: id => this.events.emit('conflict', { id }) },
      maxLifetime,
      config,
    })
    try {
      this.checkOpen()
      const carrier = carrierOf(merged, port)
      const claim = claimOf(merged, port)
      if (claim) claimCookies(claim)
      const provider = isProvider(found)
        ? found
        : new EngineProvider({ port, lifetimes: this.lifetimes, events: this.events })
      Object.assign(options, merged)
      const isSealed = port.capabilities.kind === 'sealed'
      const sweeper = new Sweeper(port, this.events)
      const { sweepEvery = Math.min(maxLifetime, DEFAULT_SWEEP_EVERY) } = options
      if (port.capabilities.sweep && sweepEvery > 0) sweeper.start(sweepEvery * 1000)
      this.#connection = { port, provider, carrier, isSealed, sweeper, claim }
    } catch (error) {
      await port.close()
      throw error
    }
  }
}

function engineOf(found: unknown): Engine {
  if (isEngine(found)) return found
  if (isProvider(found)) return fromProvider(found)
  throw new SessionError(
    'ERR_CONFIG',
    'This type of engine gives no engine: its factory has to give what fromRecordStore(…) gives, or an object with the seven methods of Provider',
  )
}

/** The cookies that a manager writes, where it writes any. */
function claimOf({ cookieName, headerName }: CheckedOptions, port: SessionPort): CookieClaim | undefined {
  if (headerName !== undefined) return undefined
  return { name: cookieName, count: port.capabilities.maxCookies ?? 1 }
}

function carrierOf(options: CheckedOptions, port: SessionPort): Carrier {
  const { cookieName, headerName } = options
  const { maxCookies } = port.capabilities
  if (headerName !== undefined) {
    if (maxCookies === undefined) return new HeaderCarrier(headerName)
    throw new SessionError(
      'ERR_CONFIG',
      'newManager: headerName needs an engine that keeps sessions on the server',
    )
  }
  const cookies = new CookieWriter({ ...options, name: cookieName })
  return maxCookies === undefined
    ? new IDCarrier(cookieName, cookies)
    : new SealedCarrier(cookieName, cookies, maxCookies)
}
