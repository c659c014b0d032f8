import { SessionError } from './errors.ts'
import { RequestSession } from './request-session.ts'
import type { Visit } from './visit.ts'

/** A handler of Web requests. */
export type WebHandler<Data extends object> = (session: RequestSession<Data>) => Response | Promise<Response>

/** Answers what a {@link WebHandler} throws, and a save that fails. */
export type WebErrorHandler = (error: unknown) => Response | Promise<Response>

/** Runs a handler with the session of a visit, saves, and gives the response with the session's cookie. */
export async function answerWeb<Data extends object>(
  visit: Visit<Data>,
  handler: WebHandler<Data>,
  onError: WebErrorHandler | undefined,
): Promise<Response> {
  visit.enter()
  try {
    return visit.respond(await savedAnswer(visit, handler))
  } catch (error) {
    if (onError) return visit.respond(checkResponse(await onError(error)))
    visit.leave()
    throw error
  }
}

async function savedAnswer<Data extends object>(
  visit: Visit<Data>,
  handler: WebHandler<Data>,
): Promise<Response> {
  await visit.start()
  let response: Response | undefined
  try {
    response = await handler(new RequestSession<Data>(visit))
  } finally {
    await visit.settle().catch(error => {
      // A page that is not sent is not made any further.
      response?.body?.cancel().catch(() => {})
      throw error
    })
  }
  return checkResponse(response)
}

function checkResponse(response: unknown): Response {
  if (response instanceof Response) return response
  throw new SessionError('ERR_CONFIG', 'manager.handle needs a function that returns a Response')
}
