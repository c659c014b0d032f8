import { STATUS_CODES } from 'node:http'

/**
 * Gives an error the HTTP status that frameworks look for: Express and Koa in `status`, Fastify in `statusCode`, and
 * Hono, which takes every error for a 500, in the response of `getResponse`.
 *
 * `expose: false` keeps the message from visitors. NestJS and h3 take an error for one with a status by `expose`, too.
 */
export function withStatus(error: unknown, status: number): unknown {
  if (!(error instanceof Error)) return error
  Object.assign(error, { status, statusCode: status, expose: false })
  if (status !== 500)
    Object.defineProperty(error, 'getResponse', { value: () => plainResponse(status), configurable: true })
  return error
}

function plainResponse(status: number): Response {
  return new Response(STATUS_CODES[status], { status })
}
