import type { Readable } from 'node:stream'
import type { AppData } from '@sess/core'
import type { AdapterOptions, Manager, RequestSession, SessionsOff } from '@sess/core/adapter'

/** One route of an app. It answers every method. */
export interface AdapterRoute<Context> {
  /** e.g. `/counter`: no parameters. */
  readonly path: string
  /** Options that the adapter has for this route only; undefined if there are none of its own. */
  readonly options: AdapterOptions<unknown> | undefined
  /** What the framework's handler returns or awaits. It throws what a handler may throw. */
  handle(context: Context): unknown
}

/** The app that a check asks for. */
export interface AdapterApp<Context> {
  /** What the adapter gets as its first argument. */
  readonly sessions: Manager<AppData> | SessionsOff
  /** The options of the adapter, for the whole app. */
  readonly options: AdapterOptions<unknown>
  readonly routes: readonly AdapterRoute<Context>[]
  /** Whether the framework believes what a proxy says, e.g. `app.set('trust proxy', …)`. */
  readonly trustProxy: boolean
  /**
   * The app's error handler, in the framework's own way: it answers with the error's status (500 without one)
   * and this text. `undefined`: the app has no error handler, and the framework answers.
   */
  readonly onError: ((error: unknown) => string) | undefined
}

/** An app that listens. */
export interface RunningApp {
  /** On 127.0.0.1. */
  readonly port: number
  close(): Promise<unknown>
}

/** What a handler answers. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A framework with its adapter, under test. `Context` is what its handlers get. */
export interface AdapterSubject<Context> {
  /** The title of the tests. */
  readonly name: string
  /** Starts an app on a free port of 127.0.0.1. {@link listening} helps. */
  serve(app: AdapterApp<Context>): Promise<RunningApp>
  /** The session of a request, as the adapter gives it to handlers. */
  session(context: Context): RequestSession<AppData>
  /** Sets the framework's property of the session: `null` ends it, a plain object is its data from then on. */
  assign(context: Context, session: Readonly<Record<string, unknown>> | null): void
  /** Answers, in the framework's usual way. What it returns is what the handler returns. */
  send(context: Context, answer: Answer): unknown
  /** Redirects with the framework's own function and a status of its choice. */
  redirect(context: Context, path: string): unknown
  /** Answers with status 200 and a stream, in the framework's usual way. */
  stream(context: Context, body: Readable): unknown
  /**
   * Every other way that a handler of this framework may answer, by name. Each answers with status 200 and the text
   * `done` (or its JSON), or with a status that has no such body: a redirect to `/next`, 204.
   */
  readonly answers: Readonly<Record<string, (context: Context) => unknown>>
  /**
   * Whether the framework has a setting of its own for proxies, which wins over the manager's `trustProxy`.
   * If not, the manager's is all there is.
   */
  readonly hasProxySetting: boolean
}
