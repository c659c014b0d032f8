import { isSessionError } from './errors.ts'
import { messageOf, type NodeResponse } from './node-response.ts'

/** Runs a handler, and answers what it throws. */
export async function answerErrors(handler: () => unknown, response: NodeResponse): Promise<void> {
  try {
    await handler()
  } catch (error) {
    console.error(error)
    answer(response, error)
  }
}

function answer(response: NodeResponse, error: unknown): void {
  if (response.writableEnded) return
  if (response.headersSent) {
    // Half a response: cut off, as frameworks do.
    response.destroy(error as Error)
    return
  }
  const status = isBackendAway(error) ? 503 : 500
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(messageOf(status))
}

function isBackendAway(error: unknown): boolean {
  return isSessionError(error, 'ERR_BACKEND') || isSessionError(error, 'ERR_TIMEOUT')
}
