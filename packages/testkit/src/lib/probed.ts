import type { Provider } from '@sess/core/engine'
import { overriding } from './overriding.ts'
import type { Probe } from './probe.ts'
import { type Connection, kindOf } from './subject.ts'

/** `close` is not a round trip and is not probed. */
const methodsOf = {
  record: ['create', 'load', 'update', 'extend', 'delete', 'count', 'sweep'],
  sealed: ['open', 'seal'],
  provider: ['sessionExist', 'sessionDestroy', 'sessionAll', 'sessionGC'],
} as const

/**
 * The same connection with `probe` before every round trip. What the connection does not have, the probed one
 * has not either: core reads an engine's abilities from its methods.
 */
export function probed<C extends Connection>(connection: C, probe: Probe): C {
  const kind = kindOf(connection)
  const names: readonly string[] = methodsOf[kind]
  const overrides = new Map<PropertyKey, unknown>()
  for (const name of names) {
    const method: unknown = Reflect.get(connection, name)
    if (typeof method !== 'function') continue
    overrides.set(name, (...args: unknown[]) =>
      probe.run(name, args, () => Reflect.apply(method, connection, args)),
    )
  }
  if (kind === 'provider') probeReads(connection as Provider, probe, overrides)
  return overriding(connection, overrides)
}

/** A provider writes when one of its session stores is released, so those are probed as well. */
function probeReads(provider: Provider, probe: Probe, overrides: Map<PropertyKey, unknown>): void {
  for (const name of ['sessionRead', 'sessionRegenerate'] as const) {
    overrides.set(name, async (...args: [string, string]) => {
      const read = probe.run(name, args, () => Reflect.apply(provider[name], provider, args))
      const store = await (read as ReturnType<Provider['sessionRead']>)
      const release = () => probe.run('sessionRelease', [store.sessionID()], () => store.sessionRelease())
      return overriding(store, new Map([['sessionRelease', release]]))
    })
  }
}
