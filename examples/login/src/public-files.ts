import { readFileSync } from 'node:fs'
import type { Routes } from './http.ts'

const types: Record<string, string> = {
  'base.css': 'text/css; charset=utf-8',
  'parts.css': 'text/css; charset=utf-8',
  'races.css': 'text/css; charset=utf-8',
  'life.js': 'text/javascript; charset=utf-8',
  'pictures.js': 'text/javascript; charset=utf-8',
  'races.js': 'text/javascript; charset=utf-8',
  'favicon.svg': 'image/svg+xml',
}

/** The files of `public/`, read once. They start no session. */
export function publicRoutes(): Routes {
  const routes: Routes = {}
  for (const [name, type] of Object.entries(types)) {
    const content = readFileSync(new URL(`../public/${name}`, import.meta.url))
    routes[`GET /${name}`] = (_req, res) => {
      res.writeHead(200, {
        'Content-Type': type,
        'Cache-Control': 'no-cache',
        'X-Content-Type-Options': 'nosniff',
      })
      res.end(content)
    }
  }
  return routes
}
