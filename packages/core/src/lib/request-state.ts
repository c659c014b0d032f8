import { SessionError } from './errors.ts'
import type { PropertyStore } from './property-object.ts'
import { Remains } from './remains.ts'
import type { Session } from './session.ts'
import { SessionCookie } from './session-cookie.ts'
import type { KeyOf } from './session-store.ts'
import { rejecting } from './session-work.ts'
import type { Visit } from './visit.ts'

/**
 * What becomes of a request whose session cannot be loaded, because the backend is down: it fails (`'error'`),
 * or goes on with an empty session that cannot be changed (`'anonymous'`).
 */
export type LoadErrorPolicy = 'error' | 'anonymous'

/** A policy, or what decides on it. */
export type LoadErrorDecision = LoadErrorPolicy | ((error: unknown) => LoadErrorPolicy)

/** What has a session as its property `session`: a request, or a context. */
export interface SessionHolder {
  session: unknown
}

/** A session that can be read. */
export type ReadableSession<Data extends object> = Pick<
  Session<Data>,
  'isNew' | 'get' | 'has' | 'keys' | 'entries'
>

/** The session of one request, behind the object that handlers see: loaded, not yet, ended, or not to be had. */
export class RequestState<Data extends object> implements PropertyStore {
  readonly #visit: Visit<Data> | undefined
  readonly #onLoadError: LoadErrorDecision
  /** Why there is no session to be had. */
  readonly #why: string | undefined
  #loadError: unknown
  #isEnding = false
  #remains: Remains<Data> | undefined
  #cookie: SessionCookie | undefined
  /** Where the session of this request is shown. */
  holder: SessionHolder | undefined
  /** `null` was assigned to the property that shows the session. */
  isHidden = false

  constructor(visit: Visit<Data> | undefined, onLoadError: LoadErrorDecision, why: string | undefined) {
    this.#visit = visit
    this.#onLoadError = onLoadError
    this.#why = why
  }

  get visit(): Visit<Data> | undefined {
    return this.#visit
  }

  get onLoadError(): LoadErrorDecision {
    return this.#onLoadError
  }

  get cookie(): SessionCookie {
    this.#cookie ??= new SessionCookie(this.on(), () => this.#started())
    return this.#cookie
  }

  get isReadOnly(): boolean {
    return this.#loadError !== undefined
  }

  /** Whether the session can be used. */
  get isStarted(): boolean {
    return this.#visit?.session !== undefined || this.isReadOnly
  }

  /** Whether the session is known to have ended. */
  get isEnded(): boolean {
    return this.#remains !== undefined || this.#visit?.session?.isEnded === true
  }

  /** Rejects with what the load throws. Not an asynchronous function, which would cost each request a microsecond. */
  start(): Promise<void> {
    if (this.#visit === undefined) return rejecting(async () => void this.on())
    if (this.#visit.session) return Promise.resolve()
    return this.#visit.start().then(
      () => {
        this.#loadError = undefined
      },
      (error: unknown) => {
        const policy = typeof this.#onLoadError === 'function' ? this.#onLoadError(error) : this.#onLoadError
        if (policy === 'error') throw error
        this.#loadError = error
      },
    )
  }

  /** The session, to read it; `undefined` for an empty one. @throws ERR_NOT_STARTED */
  readable(): ReadableSession<Data> | undefined {
    return this.isReadOnly ? undefined : (this.#remains ?? this.#started())
  }

  /** The session, to change it. @throws ERR_READ_ONLY, ERR_NOT_STARTED, ERR_SESSION_DESTROYED */
  writable(): Session<Data> {
    if (this.isReadOnly)
      throw new SessionError(
        'ERR_READ_ONLY',
        'The session could not be loaded, so it cannot be changed in this request; see cause',
        { cause: this.#loadError },
      )
    if (this.#isEnding)
      throw new SessionError(
        'ERR_SESSION_DESTROYED',
        'This session has ended, or is about to: await its end, and change the session that the request has then',
      )
    return this.#started()
  }

  /** The visit. @throws ERR_NOT_STARTED where sessions are off */
  on(): Visit<Data> {
    if (this.#visit) return this.#visit
    throw new SessionError('ERR_NOT_STARTED', `There is no session: ${this.#why}`)
  }

  /**
   * Runs what the response waits for, even if the caller does not.
   *
   * @throws ERR_NOT_STARTED where sessions are off: at once, as there is nothing that would fail the response with it
   */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.on().run(work)
  }

  /** Ends the session; what is set after that is in a new one. The promise need not be awaited. */
  end(): Promise<void> {
    return this.run(async () => {
      this.writable()
      // What is set meanwhile would be lost with the session.
      this.#isEnding = true
      try {
        await this.on().destroy()
      } finally {
        this.#isEnding = false
      }
    })
  }

  /** Ends the session, loaded or not, and shows none. */
  endUnseen(): void {
    this.isHidden = true
    void this.#visit?.destroy()
  }

  /** Another object stands for the request's session from now on: of this one the data is left, to be read. */
  leave(data: ReadonlyMap<string, unknown>): void {
    this.#remains = new Remains(data)
    this.#isEnding = true
  }

  /** Puts data in the place of all there is. */
  replace(data: object): void {
    const session = this.writable()
    const entries = Object.entries(data) as [KeyOf<Data>, Data[KeyOf<Data>]][]
    session.flush()
    for (const [key, value] of entries) session.set(key, value)
  }

  read(name: string): unknown {
    // `await` looks whether it has a promise before it, be the session started or not.
    if (name === 'then' && !this.isStarted) return undefined
    return this.#visible()?.get(name as KeyOf<Data>)
  }

  has(name: string): boolean {
    return this.#visible()?.has(name as KeyOf<Data>) ?? false
  }

  names(): readonly string[] {
    return this.#visible()?.keys() ?? []
  }

  write(name: string, value: unknown): void {
    this.writable().set(name as KeyOf<Data>, value as Data[KeyOf<Data>])
  }

  remove(name: string): void {
    this.writable().delete(name as KeyOf<Data>)
  }

  /** Where sessions are off, whoever looks at properties sees an empty session: nobody is logged in there. */
  #visible(): ReadableSession<Data> | undefined {
    return this.#visit ? this.readable() : undefined
  }

  #started(): Session<Data> {
    const { session } = this.on()
    if (session) return session
    throw new SessionError(
      'ERR_NOT_STARTED',
      'The session is not started: call and await sessionStart() first',
    )
  }
}
