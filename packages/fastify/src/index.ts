/**
 * Sessions for Fastify 5.
 *
 * @module
 */
export { type AnyManager, type SessionsOptions, sessions } from './lib/sessions.ts'
