import type { Awaitable } from './awaitable.ts'
import {
  type Engine,
  type EngineContext,
  type EngineSource,
  type EngineType,
  isEngineType,
} from './engine.ts'
import { SessionError } from './errors.ts'
import type { Provider } from './provider.ts'

/** Makes an engine for one manager: a factory, so that two managers never share one by accident. */
export type EngineFactory = (context: EngineContext) => Awaitable<Engine | Provider>

interface Registration {
  /** What was registered: a factory or a type of engine. */
  given: EngineFactory | EngineType
  source: EngineSource
  packageName: string | undefined
}

// On a global symbol, so that an engine registers with every copy of this package.
const symbol = Symbol.for('@sess/core/registry')
const global = globalThis as { [symbol]?: Map<string, Registration> }
global[symbol] ??= new Map()
const registry: Map<string, Registration> = global[symbol]

/** Where the engines of this project live, as far as the name does not tell. */
const packages: Record<string, string> = {
  memory: '@sess/core',
  postgresql: '@sess/postgres',
  redis_cluster: '@sess/redis',
  redis_sentinel: '@sess/redis',
}
const known = [
  'memory',
  'file',
  'cookie',
  'mysql',
  'redis',
  'redis_cluster',
  'redis_sentinel',
  'postgresql',
  'memcache',
  'couchbase',
]

/**
 * Makes an engine known under a name (beego's `Register`). The factory gives an engine, or an object with
 * the seven methods of {@link Provider}; it is called once per manager. An {@link EngineType} has one inside.
 *
 * An engine package gives its own name too: registering again from the same package is fine, as happens when
 * two versions of it are installed; the first one stays.
 *
 * @throws ERR_DUPLICATE if somebody else has registered the name
 */
export function register(name: string, engine: EngineFactory | EngineType, packageName?: string): void {
  if (typeof name !== 'string' || name === '' || !(typeof engine === 'function' || isEngineType(engine)))
    throw new SessionError(
      'ERR_CONFIG',
      "register needs a name and a factory, e.g. register('own', () => new OwnProvider())",
    )
  const there = registry.get(name)
  if (there) {
    if (there.given === engine || (packageName !== undefined && there.packageName === packageName)) return
    throw new SessionError(
      'ERR_DUPLICATE',
      `An engine named '${name}' is registered already, by ${there.packageName ?? 'the application'}`,
    )
  }
  const source = typeof engine === 'function' ? { open: engine } : engine
  registry.set(name, { given: engine, source, packageName })
}

/** @throws ERR_PROVIDER_UNKNOWN, naming the package to import */
export function registeredEngine(name: string): EngineSource {
  const registration = registry.get(name)
  if (registration) return registration.source
  throw new SessionError(
    'ERR_PROVIDER_UNKNOWN',
    `No session engine named '${name}' is registered. ${remedy(name)}`,
  )
}

function remedy(name: string): string {
  const registered = [...registry.keys()].join(', ')
  if (!known.includes(name))
    return `Registered: ${registered}. The project's own are: ${known.join(', ')}; register your own with register('${name}', …)`
  const packageName = packages[name] ?? `@sess/${name}`
  const value = name.replace(/_(.)/, (_, letter: string) => letter.toUpperCase())
  return (
    `Install ${packageName} and import it: import '${packageName}'. A bundler may have dropped such an import, which ` +
    `binds no name; hand over the engine as a value: import { ${value} } from '${packageName}'; newManager(${value}, …)`
  )
}
