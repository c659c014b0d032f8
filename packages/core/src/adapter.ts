/**
 * All that the author of an adapter for a web framework imports. Users of sessions need only `@sess/core`.
 *
 * @module
 */
export { Adapter, type AdapterOptions, type SessionsOff, withStatus } from './lib/adapter.ts'
export type { RequestHooks } from './lib/exchange.ts'
export { isOfAnswer } from './lib/headers.ts'
export type { Manager } from './lib/manager.ts'
export { readyForProperties } from './lib/own-properties.ts'
export { type LoadErrorPolicy, RequestSession, type RequestSessionType } from './lib/request-session.ts'
