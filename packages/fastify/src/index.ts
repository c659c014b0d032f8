/**
 * Sessions for Fastify 5.
 *
 * @module
 */
export { type SessionsOptions, sessions } from './lib/sessions.ts'
