/**
 * Sessions for Express 4 and 5, and for plain connect.
 *
 * @module
 */
export { ExpressSession } from './lib/express-session.ts'
export { type SessionMiddleware, type SessionRequest, type ShownSession, sessions } from './lib/sessions.ts'
