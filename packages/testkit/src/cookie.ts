/**
 * A logged-in visitor for the tests of an app.
 *
 * @module
 */
export { cookieFor } from './lib/cookie-for.ts'
