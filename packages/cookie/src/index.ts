/**
 * Sessions in encrypted cookies. Importing this registers the engine `cookie`.
 *
 * @module
 */
import type {} from '@sess/core'
import { fromSealedStore, register } from '@sess/core/engine'
import type { CookieConfig } from './lib/cookie-config.ts'
import { CookieStore } from './lib/cookie-store.ts'

export type { CookieConfig } from './lib/cookie-config.ts'
export { CookieStore, type CookieStoreContext } from './lib/cookie-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** A secret, the original's JSON, or options. */
    cookie: string | CookieConfig
  }
}

register(
  'cookie',
  async ({ config, cookieName, clock }) =>
    fromSealedStore(await CookieStore.open(config as string | CookieConfig, { cookieName, clock })),
  '@sess/cookie',
)
