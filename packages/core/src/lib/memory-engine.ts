import { checkConfigObject, readNumber } from './config-values.ts'
import { type EngineType, fromRecordStore } from './engine.ts'
import { configError } from './errors.ts'
import { MemoryStore } from './memory-store.ts'

const right = "'' or a limit, e.g. { maxSessions: 100_000 }"

/** Sessions in the memory of this process: the engine registered as `memory`. */
export const memory: EngineType<'memory'> = {
  name: 'memory',
  open: ({ config, clock }) => fromRecordStore(new MemoryStore({ ...readConfig(config), clock })),
  check: ({ config }) => void readConfig(config),
}

function readConfig(config: unknown): { maxSessions?: number } {
  if (config === '') return {}
  const { maxSessions: given, ...unknown } = checkConfigObject('memory', config, right)
  const maxSessions = readNumber(given)
  const isCount = maxSessions === undefined || (Number.isInteger(maxSessions) && (maxSessions as number) > 0)
  if (Object.keys(unknown).length > 0 || !isCount) throw configError('memory', `must be ${right}`)
  return maxSessions === undefined ? {} : { maxSessions: maxSessions as number }
}
