/**
 * Sessions for Koa 2 and 3.
 *
 * @module
 */
export { KoaSession } from './lib/koa-session.ts'
export { type SessionMiddleware, sessions } from './lib/sessions.ts'
