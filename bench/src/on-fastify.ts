import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { type Handler, routes } from './contender.ts'

/** An app of Fastify whose routes answer with a text. */
export async function onFastify(
  answerTo: (path: string, request: FastifyRequest) => string,
  plugIn: (app: FastifyInstance) => PromiseLike<unknown> | undefined = () => undefined,
): Promise<Handler> {
  const app = fastify()
  await plugIn(app)
  for (const route of routes) app.get(`/${route}`, async request => answerTo(`/${route}`, request))
  await app.ready()
  return (req, res) => app.routing(req, res)
}
