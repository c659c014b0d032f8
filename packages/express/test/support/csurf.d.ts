// The types of csurf contradict those of csrf-csrf and csrf-sync in one program.
declare module 'csurf' {
  import type { RequestHandler } from 'express'
  export default function csurf(): RequestHandler
}
