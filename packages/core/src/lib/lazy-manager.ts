import { type Engine, type EngineType, isEngine, isProvider } from './engine.ts'
import { SessionError } from './errors.ts'
import { fingerprint, Identities } from './fingerprint.ts'
import { Manager } from './manager.ts'
import { ManagerContext } from './manager-context.ts'
import { checkOptions, type ManagerOptions } from './manager-options.ts'
import { type ConfigOf, type KnownArguments, sourceOf } from './new-manager.ts'
import type { Provider } from './provider.ts'
import type { SessionData } from './session-store.ts'

/** Options of `lazyManager`: those of `newManager`, and a name. */
export type LazyOptions<Config = unknown> = ManagerOptions<Config> & LazyName

interface LazyName {
  /** Tells managers apart whose options are the same. Default ''. */
  name?: string
}

interface Shared {
  readonly managers: Map<string, Manager>
  readonly identities: Identities
}

// On a global symbol, so that two bundles, or two copies of this package, share their managers.
const symbol = Symbol.for('@sess/core/managers')
const global = globalThis as { [symbol]?: Shared }
global[symbol] ??= { managers: new Map(), identities: new Identities() }
const { managers, identities }: Shared = global[symbol]

/**
 * A manager at once, which connects its engine at the first use: for modules that are evaluated where there is no
 * backend, as by the builds of Next.js and SvelteKit, and where nothing can be awaited. What is wrong with the options
 * is thrown here. A connection that fails is the error of the request that wanted it, and is tried again by the next.
 *
 * There is one in the process for an engine and options that say the same, so that a module which is evaluated again
 * gets the manager that it had. Functions among the options count by their text, clients by what they are, and `name`
 * tells apart what looks the same. `close()` ends this: the next call makes a new manager.
 *
 * @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN
 */
export function lazyManager<const Name extends string>(
  provider: Name | EngineType<Name>,
  options?: LazyOptions<ConfigOf<Name>>,
): Manager
export function lazyManager<Data extends object = SessionData>(
  engine: Engine | Provider,
  options?: LazyOptions,
): Manager<Data>
export function lazyManager<Data extends object, Name extends string>(
  provider: Name | EngineType<Name>,
  options?: LazyOptions<ConfigOf<Name>>,
): Manager<Data>
export function lazyManager<Data extends object = SessionData>(
  ...args: KnownArguments<LazyName>
): Manager<Data>
export function lazyManager<Data extends object = SessionData>(
  provider: string,
  options?: LazyOptions<string>,
): Manager<Data>
export function lazyManager(provider: unknown, given: LazyOptions = {}): unknown {
  const { name = '', ...options } = given
  if (typeof name !== 'string')
    throw new SessionError('ERR_CONFIG', "lazyManager: name must be a string; e.g. 'admin'")
  const checked = checkOptions(typeof given === 'object' && !Array.isArray(given) ? options : given)
  const source = sourceOf(provider)
  const { providerConfig: config, maxLifetime, cookieName, clock, timeout } = checked
  // One that is missing may be there when the server runs: builds have no secrets.
  if (config !== '') source.check?.({ config, maxLifetime, cookieName, clock, timeout })

  // Two clocks may look the same and show different times.
  const clockKey = options.clock && identities.of(options.clock)
  const key = fingerprint([name, engineKey(provider), clockKey, options], identities)
  const there = managers.get(key)
  if (there) return there
  const manager: Manager = new Manager(new ManagerContext(source, checked), () => managers.delete(key))
  managers.set(key, manager)
  return manager
}

/** A type of engine by its name, however it was given; an engine or a provider by what it is. */
function engineKey(provider: unknown): string | number {
  if (typeof provider === 'string') return provider
  const isObject = isEngine(provider) || isProvider(provider)
  return isObject ? identities.of(provider) : (provider as EngineType).name
}
