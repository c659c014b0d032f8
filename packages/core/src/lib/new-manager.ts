import type { Secure } from './cookie.ts'
import { Deadline } from './deadline.ts'
import {
  type Engine,
  type EngineSource,
  type EngineType,
  isEngine,
  isEngineType,
  isProvider,
} from './engine.ts'
import { SessionError } from './errors.ts'
import { Manager } from './manager.ts'
import { ManagerContext } from './manager-context.ts'
import { checkOptions, type ManagerOptions } from './manager-options.ts'
import type { MemoryConfig } from './memory-store.ts'
import type { Provider } from './provider.ts'
import { registeredEngine } from './registry.ts'
import type { HashFunction } from './session-id.ts'
import type { SessionData } from './session-store.ts'

/**
 * What `providerConfig` is for each engine, by its name. An engine package adds its own:
 *
 * ```ts
 * declare module '@sess/core' {
 *   interface ProviderConfigs { own: string | OwnConfig }
 * }
 * ```
 */
export interface ProviderConfigs {
  memory: '' | MemoryConfig
}

/** The config of the engine with that name; `unknown` for a name that no imported package has declared. */
export type ConfigOf<Name> = Name extends keyof ProviderConfigs ? ProviderConfigs[Name] : unknown

/** For every engine that an imported package has declared: its name or the engine as a value, and its options. */
export type KnownArguments<Extra = unknown> = {
  [Name in keyof ProviderConfigs]: [
    provider: Name | EngineType<Name>,
    options?: ManagerOptions<ProviderConfigs[Name]> & Extra,
  ]
}[keyof ProviderConfigs]

type Rest = [
  cookieName: string,
  maxLifetime?: number,
  config?: unknown,
  secure?: Secure,
  hashFunc?: string | HashFunction,
  hashKey?: string | readonly string[],
  cookieLifeTime?: number,
]

/**
 * Makes a manager over an engine, and connects it: the engine as a value or by the name under which it is registered
 * (import its package first), or a {@link Provider} object. Beego's eight positional arguments work too.
 *
 * `newManager<{ user: string }>(…)` types what sessions hold. A name that no package has declared in
 * {@link ProviderConfigs}, e.g. one from the environment, takes a config string with it; for options of another
 * shape give the name's type too: `newManager<MyData, 'own'>('own', { providerConfig: { … } })`.
 *
 * @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN, ERR_TIMEOUT, and what the engine throws when it cannot start
 */
export function newManager<const Name extends string>(
  provider: Name | EngineType<Name>,
  options?: ManagerOptions<ConfigOf<Name>>,
): Promise<Manager>
export function newManager<Data extends object = SessionData>(
  engine: Engine | Provider,
  options?: ManagerOptions,
): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(
  provider: string | EngineType,
  ...rest: Rest
): Promise<Manager<Data>>
export function newManager<Data extends object, Name extends string>(
  provider: Name | EngineType<Name>,
  options?: ManagerOptions<ConfigOf<Name>>,
): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(...args: KnownArguments): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(
  provider: string,
  options?: ManagerOptions<string>,
): Promise<Manager<Data>>
export async function newManager(provider: unknown, ...rest: unknown[]): Promise<unknown> {
  const options = checkOptions(
    typeof rest[0] === 'string' ? fromPositions(rest as Rest) : ((rest[0] ?? {}) as ManagerOptions),
  )
  const context = new ManagerContext(sourceOf(provider), options)
  try {
    await Deadline.forStart(options.timeout).wait('connect', context.open())
  } catch (error) {
    // An engine that comes too late is closed.
    void context.close()
    throw error
  }
  return new Manager(context)
}

/** Where the engine comes from. @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN */
export function sourceOf(provider: unknown): EngineSource {
  if (typeof provider === 'string') return registeredEngine(provider)
  if (isEngine(provider) || isProvider(provider)) return { open: () => provider }
  if (isEngineType(provider)) return provider
  throw new SessionError(
    'ERR_CONFIG',
    "A manager needs an engine: its name, e.g. 'memory', or its value, e.g. memory; what fromRecordStore(…) gives; or an object with the seven methods of Provider",
  )
}

function fromPositions([
  cookieName,
  maxLifetime,
  providerConfig,
  secure,
  hashFunc,
  hashKey,
  cookieLifeTime,
]: Rest): ManagerOptions {
  const options = { cookieName, maxLifetime, providerConfig, secure, hashFunc, hashKey, cookieLifeTime }
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
}
