/**
 * All that the author of an engine imports. Users of sessions need only `@sess/core`.
 *
 * @module
 */
export type { Awaitable } from './lib/awaitable.ts'
export { type Clock, systemClock } from './lib/clock.ts'
export { REVISION_BYTES, revisionOf, TOMBSTONE_BYTES } from './lib/codec/record.ts'
export { decodeValue, encodeValue } from './lib/codec/values.ts'
export { checkConfigObject, isHost, isPath, isPlainObject, readNumber } from './lib/config-values.ts'
export {
  type Engine,
  type EngineContext,
  type EngineSource,
  type EngineType,
  fromProvider,
  fromRecordStore,
  fromSealedStore,
} from './lib/engine.ts'
export {
  configError,
  isSessionError,
  SessionError,
  type SessionErrorCode,
  type SessionErrorDetails,
} from './lib/errors.ts'
export { type MemoryConfig, MemoryStore } from './lib/memory-store.ts'
export type { Provider } from './lib/provider.ts'
export { randomInto } from './lib/random.ts'
export { RecentMap } from './lib/recent-map.ts'
export type { RecordStore, StoredRecord, Token } from './lib/record-store.ts'
export { type EngineFactory, register } from './lib/registry.ts'
export type { EngineCookie, SealedStore, Unsealed } from './lib/sealed-store.ts'
export type { KeyOf, SessionData, SessionStore } from './lib/session-store.ts'
export {
  clearImmediate,
  clearTimeout,
  nextTick,
  queueMicrotask,
  setImmediate,
  setTimeout,
  sleep,
  systemTime,
} from './lib/timers.ts'
