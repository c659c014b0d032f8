/*
 * For libraries whose types add to those of express-session, as csrf-sync's, where `@types/express-session` is not
 * installed. A script and no module: that makes the module ambient.
 */
declare module 'express-session' {
  interface SessionData {}
}
