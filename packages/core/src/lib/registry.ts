import type { Awaitable } from './awaitable.ts'
import type { Engine, EngineContext } from './engine.ts'
import { SessionError } from './errors.ts'
import type { Provider } from './provider.ts'

/** Makes an engine for one manager: a factory, so that two managers never share one by accident. */
export type EngineFactory = (context: EngineContext) => Awaitable<Engine | Provider>

interface Registration {
  factory: EngineFactory
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
 * Makes an engine known under a name (the original's `Register`). The factory gives an engine, or an object with
 * the seven methods of {@link Provider}; it is called once per manager.
 *
 * An engine package gives its own name too: registering again from the same package is fine, as happens when
 * two versions of it are installed; the first one stays.
 *
 * @throws ERR_DUPLICATE if somebody else has registered the name
 */
export function register(name: string, factory: EngineFactory, packageName?: string): void {
  if (typeof name !== 'string' || name === '' || typeof factory !== 'function')
    throw new SessionError(
      'ERR_CONFIG',
      "register needs a name and a factory, e.g. register('own', () => new OwnProvider())",
    )
  const there = registry.get(name)
  if (there) {
    if (there.factory === factory || (packageName !== undefined && there.packageName === packageName)) return
    throw new SessionError(
      'ERR_DUPLICATE',
      `An engine named '${name}' is registered already, by ${there.packageName ?? 'the application'}`,
    )
  }
  registry.set(name, { factory, packageName })
}

/** @throws ERR_PROVIDER_UNKNOWN, naming the package to import */
export function engineFactory(name: string): EngineFactory {
  const registration = registry.get(name)
  if (registration) return registration.factory
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
  return `Install ${packageName} and import it: import '${packageName}'`
}
