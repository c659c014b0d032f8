import type { ManagerOptions, SessionData } from '@sess/core'
import { lazyManager, newManager } from '@sess/core'
import type { AdapterOptions, SessionObject, SessionsOff } from '@sess/core/adapter'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { MovableClock } from '../movable-clock.ts'
import { Probe } from '../probe.ts'
import { probed } from '../probed.ts'
import { Server } from '../server.ts'
import { Browser } from './browser.ts'
import type { AdapterSubject, RunningApp } from './subject.ts'

/** The session of a request. */
type Session = SessionObject<SessionData>

/** A route of a check: what happens to the session, then an answer. */
export interface RouteOf {
  /** Options of the adapter for this route. */
  readonly options?: AdapterOptions<unknown>
  handle(session: Session, context: unknown): unknown
}

/** What a check asks of its app, beside the routes. */
export interface AppSettings {
  /** Options of the adapter. */
  readonly options?: AdapterOptions<unknown>
  readonly manager?: ManagerOptions
  readonly sessions?: SessionsOff
  /** The app's manager connects at its first use, after this. */
  readonly connect?: () => unknown
  /** What the framework is told about proxies. */
  readonly trustProxy?: boolean
  /** The app has no error handler. */
  readonly isBare?: boolean
}

/** All that one check of an adapter works with: an app on a socket, its backend, browsers. */
export class AdapterRig {
  readonly subject: AdapterSubject<unknown>
  readonly clock: MovableClock = new MovableClock()
  /** The manager behind the app, and its round trips. Made by `start`. */
  server!: Server
  /** Another server over the same backend, that nothing slows or fails. */
  other!: Server
  /** What the app's error handler got. */
  readonly errors: unknown[] = []
  #app: RunningApp | undefined

  constructor(subject: AdapterSubject<unknown>) {
    this.subject = subject
  }

  /** Starts an app with these routes, and gives a browser that has not been there. */
  async start(
    routes: Readonly<Record<string, RouteOf | RouteOf['handle']>>,
    { options = {}, manager = {}, sessions, connect, trustProxy = false, isBare = false }: AppSettings = {},
  ): Promise<Browser> {
    const store = new MemoryStore({ clock: this.clock })
    this.server = await this.#server(store, manager, connect)
    this.other = await this.#server(store, manager)
    const { subject } = this
    this.#app = await subject.serve({
      sessions: sessions ?? this.server.manager,
      options,
      trustProxy,
      onError: isBare ? undefined : error => this.#caught(error),
      routes: Object.entries(routes).map(([path, route]) => {
        const { options, handle } = typeof route === 'function' ? { handle: route } : route
        return {
          path,
          options,
          handle: context => handle(subject.session(context) as Session, context),
        }
      }),
    })
    return new Browser(this.#app.port)
  }

  /** What the session of that browser holds now under a key. */
  async stored(browser: Browser, key: string): Promise<unknown> {
    return (await browser.visitor.read(this.other, key))[key]
  }

  /** A text with status 200. */
  text(context: unknown, body: unknown): unknown {
    return this.subject.send(context, {
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: String(body),
    })
  }

  async close(): Promise<void> {
    await this.#app?.close()
    await this.server?.manager.close()
    await this.other?.manager.close()
  }

  async #server(store: MemoryStore, options: ManagerOptions, connect?: () => unknown): Promise<Server> {
    const probe = new Probe()
    const engine = fromRecordStore(probed(store, probe))
    const all = { clock: this.clock, hashKey: 'sessionidkey', sweepEvery: 0, ...options }
    const open = async () => {
      await connect?.()
      return engine
    }
    const manager = connect ? lazyManager({ name: 'testkit', open }, all) : await newManager(engine, all)
    return new Server(manager, probe, 'record')
  }

  #caught(error: unknown): string {
    this.errors.push(error)
    return `caught ${(error as { code?: string }).code ?? (error as Error).message}`
  }
}
