import { getRequestListener } from '@hono/node-server'
import { type Context, Hono } from 'hono'
import { type Handler, routes } from './contender.ts'

/** An app of Hono whose routes answer with a text. */
export function onHono(
  answerTo: (path: string, c: Context) => string | Promise<string>,
  plugIn: (app: Hono) => void = () => {},
): Handler {
  const app = new Hono()
  plugIn(app)
  for (const route of routes) app.get(`/${route}`, async c => c.text(await answerTo(`/${route}`, c)))
  return getRequestListener(app.fetch)
}
