/**
 * All that the author of an adapter for a web framework imports. Users of sessions need only `@sess/core`.
 *
 * @module
 */
export { Adapter, type AdapterOptions, type SessionsOff } from './lib/adapter.ts'
export type { EngineProvider } from './lib/engine-provider.ts'
export type { RequestHooks } from './lib/exchange.ts'
export { isOfAnswer } from './lib/headers.ts'
export { withStatus } from './lib/http-error.ts'
export type { Manager } from './lib/manager.ts'
export { readyForProperties } from './lib/own-properties.ts'
export {
  RequestSession,
  type RequestSessionType,
  type SessionObject,
  type SessionProperties,
} from './lib/request-session.ts'
export type { LoadErrorDecision, LoadErrorPolicy, SessionHolder } from './lib/request-state.ts'
export type { SessionCookie } from './lib/session-cookie.ts'
export { assignSession, beginAnew, shownSession, showSession } from './lib/session-holder.ts'
export { type SessionCallback, tell } from './lib/session-work.ts'
