import { type Engine, type EngineContext, fromRecordStore } from './engine.ts'
import { SessionError } from './errors.ts'
import { type MemoryConfig, MemoryStore } from './memory-store.ts'

/** The engine registered as `memory`. */
export function memoryEngine({ config, clock }: EngineContext): Engine {
  return fromRecordStore(new MemoryStore({ ...checkConfig(config), clock }))
}

function checkConfig(config: unknown): MemoryConfig {
  if (config === '') return {}
  const { maxSessions, ...unknown } =
    typeof config === 'object' && config !== null ? (config as Record<string, unknown>) : { config }
  const isCount = maxSessions === undefined || (Number.isInteger(maxSessions) && (maxSessions as number) > 0)
  if (Object.keys(unknown).length > 0 || !isCount)
    throw new SessionError(
      'ERR_CONFIG',
      "providerConfig of the memory engine must be '' or a limit, e.g. { maxSessions: 100_000 }",
    )
  return maxSessions === undefined ? {} : { maxSessions: maxSessions as number }
}
