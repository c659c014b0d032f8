/**
 * Sessions in encrypted cookies. Importing this registers the engine `cookie`, which is also the value {@link cookie}.
 *
 * @module
 */
import type {} from '@sess/core'
import { type EngineType, fromSealedStore, register } from '@sess/core/engine'
import { type CookieConfig, readConfig } from './lib/cookie-config.ts'
import { CookieStore } from './lib/cookie-store.ts'

export type { CookieConfig } from './lib/cookie-config.ts'
export { CookieStore, type CookieStoreContext } from './lib/cookie-store.ts'

declare module '@sess/core' {
  interface ProviderConfigs {
    /** A secret, the original's JSON, or options. */
    cookie: string | CookieConfig
  }
}

/** Sessions in encrypted cookies. */
export const cookie: EngineType<'cookie'> = {
  name: 'cookie',
  open: async ({ config, cookieName, clock }) =>
    fromSealedStore(await CookieStore.open(config as string | CookieConfig, { cookieName, clock })),
  check: ({ config, cookieName }) => void readConfig(config, cookieName),
}

register(cookie.name, cookie, '@sess/cookie')
