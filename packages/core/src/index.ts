import { memory } from './lib/memory-engine.ts'
import { register } from './lib/registry.ts'

export type { Clock } from './lib/clock.ts'
export { registerType, type TypeCodec } from './lib/codec/types.ts'
export type { Engine, EngineContext, EngineSource, EngineType } from './lib/engine.ts'
export {
  isSessionError,
  SessionError,
  type SessionErrorCode,
  type SessionErrorDetails,
} from './lib/errors.ts'
export type { SessionEventName, SessionEvents } from './lib/events.ts'
export { type LazyOptions, lazyManager } from './lib/lazy-manager.ts'
export type { Manager } from './lib/manager.ts'
export type { ManagerOptions } from './lib/manager-options.ts'
export { memory } from './lib/memory-engine.ts'
export type { MemoryConfig } from './lib/memory-store.ts'
export { type ConfigOf, newManager, type ProviderConfigs } from './lib/new-manager.ts'
export type { NodeRequest } from './lib/node-request.ts'
export type { NodeResponse } from './lib/node-response.ts'
export type { Provider } from './lib/provider.ts'
export { type EngineFactory, register } from './lib/registry.ts'
export type {
  RequestSession,
  RequestSessionOptions,
  SessionObject,
  SessionProperties,
} from './lib/request-session.ts'
export type { LoadErrorPolicy } from './lib/request-state.ts'
export type { Session } from './lib/session.ts'
export type { SessionCookie } from './lib/session-cookie.ts'
export type { HashFunction } from './lib/session-id.ts'
export type { Absence, Capabilities } from './lib/session-port.ts'
export type { AppData, AppSession, KeyOf, SessionData, SessionStore } from './lib/session-store.ts'

register(memory.name, memory, '@sess/core')
