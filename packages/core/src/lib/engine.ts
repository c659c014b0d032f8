import type { Awaitable } from './awaitable.ts'
import type { Clock } from './clock.ts'
import type { Lifetimes } from './lifetimes.ts'
import type { Provider } from './provider.ts'
import { ProviderPort } from './provider-port.ts'
import { RecordPort } from './record-port.ts'
import type { RecordStore } from './record-store.ts'
import { SealedPort } from './sealed-port.ts'
import type { EngineCookie, SealedStore } from './sealed-store.ts'
import type { PortEvents, SessionPort } from './session-port.ts'

const brand: unique symbol = Symbol.for('@sess/core/Engine')

/** Somewhere to keep sessions. Made by {@link fromRecordStore}, {@link fromSealedStore} or {@link fromProvider}. */
export interface Engine {
  /** Connects the engine to one manager. For core only. */
  readonly [brand]: (settings: PortSettings) => Promise<SessionPort>
  /** Cookie options that the engine's configuration sets. */
  readonly cookie?: EngineCookie
}

/** What a manager gives to its engine. */
export interface PortSettings {
  readonly lifetimes: Lifetimes
  readonly timeout: number
  readonly events: PortEvents
  readonly maxLifetime: number
  readonly config: unknown
}

/** What an engine's factory is given. */
export interface EngineContext {
  /** `providerConfig` as the user gave it. Check it; throw `ERR_CONFIG` that names the field. */
  readonly config: unknown
  /** Idle lifetime of sessions, in seconds. */
  readonly maxLifetime: number
  /** The name of the session cookie. */
  readonly cookieName: string
  /** The only source of the time. */
  readonly clock: Clock
  /** The most that a backend call may take, in milliseconds. Core enforces it too. */
  readonly timeout: number
}

/** Where a manager gets its engine from. */
export interface EngineSource {
  /** Makes an engine for one manager. @throws ERR_CONFIG, and what the backend throws when it cannot be reached */
  open(context: EngineContext): Awaitable<Engine | Provider>
  /** Refuses a config that cannot be meant, without asking the backend. @throws ERR_CONFIG */
  check?(context: EngineContext): void
}

/**
 * A type of engine as a value, e.g. `redis` of `@sess/redis`: what `newManager` takes instead of its name. The name
 * tells by {@link ProviderConfigs} what `providerConfig` is, and tells it from all other types of engine.
 */
export interface EngineType<Name extends string = string> extends EngineSource {
  readonly name: Name
}

/** An engine over records with compare-and-swap: the normal way. */
export function fromRecordStore(store: RecordStore): Engine {
  return {
    [brand]: async ({ lifetimes, timeout, events }) => new RecordPort(store, lifetimes, timeout, events),
  }
}

/** An engine whose sessions live with the client. */
export function fromSealedStore(store: SealedStore): Engine {
  return {
    [brand]: async ({ lifetimes, timeout }) => new SealedPort(store, lifetimes, timeout),
    ...(store.cookie && { cookie: store.cookie }),
  }
}

/**
 * An engine over the seven methods of a {@link Provider}. They have no compare-and-swap, so between several
 * processes no promise is made that no update is lost or that a destroyed session stays destroyed.
 */
export function fromProvider(provider: Provider): Engine {
  return {
    [brand]: async ({ lifetimes, timeout, maxLifetime, config }) => {
      await provider.sessionInit(maxLifetime, config)
      return new ProviderPort(provider, lifetimes, timeout)
    },
  }
}

export function isEngine(value: unknown): value is Engine {
  return typeof value === 'object' && value !== null && brand in value
}

/** Whether `value` has the seven methods. */
export function isProvider(value: unknown): value is Provider {
  const methods = [
    'sessionInit',
    'sessionRead',
    'sessionExist',
    'sessionRegenerate',
    'sessionDestroy',
    'sessionAll',
    'sessionGC',
  ]
  return (
    typeof value === 'object' &&
    value !== null &&
    methods.every(method => typeof (value as Record<string, unknown>)[method] === 'function')
  )
}

export function isEngineType(value: unknown): value is EngineType {
  const { name, open } = (value ?? {}) as { name?: unknown; open?: unknown }
  return typeof value === 'object' && typeof name === 'string' && typeof open === 'function'
}

export function connect(engine: Engine, settings: PortSettings): Promise<SessionPort> {
  return engine[brand](settings)
}
