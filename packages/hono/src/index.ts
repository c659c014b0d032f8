/**
 * Sessions for Hono 4.
 *
 * @module
 */
export { sessions } from './lib/sessions.ts'
