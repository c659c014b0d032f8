/**
 * Sessions from an `app.conf`, or from the original's settings as an object.
 *
 * @module
 */
export { openSessions, type SessionsOff } from './lib/open-sessions.ts'
export { readConfig, type SessionSettings } from './lib/read-config.ts'
export type { SameSiteSetting, SessionKeys, SessionsConfig } from './lib/sessions-config.ts'
