import { type Engine, fromProvider, isEngine, isProvider } from './engine.ts'
import { SessionError } from './errors.ts'
import { Manager } from './manager.ts'
import {
  type CheckedOptions,
  checkOptions,
  type ManagerOptions,
  withEngineCookie,
} from './manager-options.ts'
import type { MemoryConfig } from './memory-store.ts'
import type { Provider } from './provider.ts'
import { engineFactory } from './registry.ts'
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

type KnownArguments = {
  [Name in keyof ProviderConfigs]: [provider: Name, options?: ManagerOptions<ProviderConfigs[Name]>]
}[keyof ProviderConfigs]

type Rest = [
  cookieName: string,
  maxLifetime?: number,
  config?: unknown,
  secure?: boolean | 'auto',
  hashFunc?: string | HashFunction,
  hashKey?: string | readonly string[],
  cookieLifeTime?: number,
]

/**
 * Makes a manager over the engine that is registered under a name (import its package first), or over an engine
 * or a {@link Provider} object. The original's eight positional arguments work too.
 *
 * `newManager<{ user: string }>(…)` types what sessions hold. A name that no package has declared in
 * {@link ProviderConfigs}, e.g. one from the environment, takes a config string with it; for options of another
 * shape give the name's type too: `newManager<MyData, 'own'>('own', { providerConfig: { … } })`.
 *
 * @throws ERR_CONFIG, ERR_PROVIDER_UNKNOWN, and what the engine throws when it cannot start
 */
export function newManager<const Name extends string>(
  provider: Name,
  options?: ManagerOptions<ConfigOf<Name>>,
): Promise<Manager>
export function newManager<Data extends object = SessionData>(
  engine: Engine | Provider,
  options?: ManagerOptions,
): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(
  provider: string,
  ...rest: Rest
): Promise<Manager<Data>>
export function newManager<Data extends object, Name extends string>(
  provider: Name,
  options?: ManagerOptions<ConfigOf<Name>>,
): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(...args: KnownArguments): Promise<Manager<Data>>
export function newManager<Data extends object = SessionData>(
  provider: string,
  options?: ManagerOptions<string>,
): Promise<Manager<Data>>
export async function newManager(provider: string | Engine | Provider, ...rest: unknown[]): Promise<unknown> {
  const options = checkOptions(
    typeof rest[0] === 'string' ? fromPositions(rest as Rest) : ((rest[0] ?? {}) as ManagerOptions),
  )
  const found = await find(provider, options)
  if (isEngine(found)) return Manager.connect(found, undefined, withEngineCookie(options, found.cookie))
  if (isProvider(found)) return Manager.connect(fromProvider(found), found, options)
  throw new SessionError(
    'ERR_CONFIG',
    "newManager needs an engine: its name, e.g. 'memory', what fromRecordStore(…) gives, or an object with the seven methods of Provider",
  )
}

async function find(provider: string | Engine | Provider, options: CheckedOptions): Promise<unknown> {
  if (typeof provider !== 'string') return provider
  const { providerConfig: config, maxLifetime, cookieName, clock, timeout } = options
  return engineFactory(provider)({ config, maxLifetime, cookieName, clock, timeout })
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
