import assert from 'node:assert/strict'
import { type ManagerOptions, newManager } from '@sess/core'
import {
  type Engine,
  fromProvider,
  fromRecordStore,
  fromSealedStore,
  type Provider,
  type RecordStore,
  type SealedStore,
} from '@sess/core/engine'
import { MovableClock } from './movable-clock.ts'
import { overriding } from './overriding.ts'
import { Probe } from './probe.ts'
import { probed } from './probed.ts'
import { Server } from './server.ts'
import { type Backend, type Connection, type Kind, kindOf, type Subject } from './subject.ts'
import { Visitor } from './visitor.ts'

/** All that one check works with: a backend of its own, connections to it, servers, visitors, and the time. */
export class Rig {
  readonly subject: Subject
  readonly clock: MovableClock
  readonly backend: Backend
  readonly #open: { close(): Promise<unknown> }[] = []

  private constructor(subject: Subject, clock: MovableClock, backend: Backend) {
    this.subject = subject
    this.clock = clock
    this.backend = backend
  }

  static async open(subject: Subject): Promise<Rig> {
    const clock = new MovableClock()
    return new Rig(subject, clock, await subject.create({ clock }))
  }

  /** The moment that is so many seconds away, in milliseconds since 1970. */
  in(seconds: number): number {
    return this.clock.now() + Math.round(seconds * 1000)
  }

  /** Fails unless `actual` is `wanted`, or that rounded up to a full second. */
  assertExpiry(actual: number, wanted: number): void {
    assert.ok(actual >= wanted, `expires ${wanted - actual} ms early`)
    assert.ok(actual - wanted < 1000, `expires ${actual - wanted} ms late: more than rounding to a second`)
  }

  /** Fails unless `actual` is `wanted`, give or take the rounding to a second: for rules about something else. */
  assertExpiryNear(actual: number, wanted: number): void {
    assert.ok(Math.abs(actual - wanted) < 1000, `expires ${actual - wanted} ms off`)
  }

  /** A connection of its own to the backend, whatever kind it is. The rig closes it, once. */
  async connect(): Promise<Connection> {
    const connection = await this.backend.connect()
    const close: unknown = Reflect.get(connection, 'close')
    if (typeof close !== 'function') return connection
    let closing: Promise<unknown> | undefined
    const closeOnce = () => {
      closing ??= (async () => Reflect.apply(close, connection, []))()
      return closing
    }
    this.#open.push({ close: closeOnce })
    return overriding(connection, new Map([['close', closeOnce]]))
  }

  async store(): Promise<RecordStore> {
    return (await this.connect()) as RecordStore
  }

  async seal(): Promise<SealedStore> {
    return (await this.connect()) as SealedStore
  }

  /** The seven methods over a connection of its own: the engine's, or those that core gives every engine. */
  async provider(options: ManagerOptions = {}): Promise<Provider> {
    const connection = await this.connect()
    if (kindOf(connection) !== 'provider')
      return (await this.server(options, connection)).manager.getProvider()
    const provider = connection as Provider
    await provider.sessionInit(options.maxLifetime ?? 3600, '')
    return provider
  }

  /** Another server: a manager, over a connection of its own. */
  async server(options: ManagerOptions = {}, given?: Connection): Promise<Server> {
    const connection = given ?? (await this.connect())
    const probe = new Probe()
    const engine = engineOf(probed(connection, probe))
    const manager = await newManager(engine, {
      clock: this.clock,
      hashKey: 'sessionidkey',
      // What is swept is counted: a rule that wants it says when.
      sweepEvery: 0,
      ...options,
    })
    const server = new Server(manager, probe, kindOf(connection))
    this.#open.unshift({ close: () => manager.close() })
    return server
  }

  /** How often fast-check tries something, and from which seed. */
  random(runs: number): { numRuns: number; seed?: number; endOnFailure: boolean } {
    const { seed } = this.subject
    return { numRuns: runs, endOnFailure: false, ...(seed === undefined ? {} : { seed }) }
  }

  visitor(): Visitor {
    return new Visitor()
  }

  /** Closes what is open and removes the backend. What a close throws is the business of the rules on closing. */
  async close(): Promise<void> {
    for (const each of this.#open) await each.close().catch(() => {})
    await this.backend.destroy?.()
  }
}

/** The engine that core makes of a connection. */
function engineOf(connection: Connection): Engine {
  const kind: Kind = kindOf(connection)
  if (kind === 'provider') return fromProvider(connection as Provider)
  if (kind === 'sealed') return fromSealedStore(connection as SealedStore)
  return fromRecordStore(connection as RecordStore)
}
