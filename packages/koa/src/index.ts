/**
 * Sessions for Koa 2 and 3.
 *
 * @module
 */
export { type SessionMiddleware, sessions } from './lib/sessions.ts'
