/**
 * Sessions for Fastify 5.
 *
 * @module
 */
export { FastifySession } from './lib/fastify-session.ts'
export { type AnyManager, type SessionsOptions, type ShownSession, sessions } from './lib/sessions.ts'
