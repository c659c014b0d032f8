/**
 * A bridge to express-session, both ways: its apps on the engines of this project, and its stores as an engine.
 *
 * @module
 */
export { type ExpressStore, fromExpressStore } from './lib/from-express-store.ts'
export { SessStore, sessStore } from './lib/sess-store.ts'
export type { StoreOptions } from './lib/store-options.ts'
