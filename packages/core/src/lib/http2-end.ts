import type { Http2ServerResponse } from 'node:http2'
import { type AnyMethod, isHttp2, type NodeResponse } from './node-response.ts'

/** Whether HTTP/2's own `end` has been called, and not through the hold. */
export function hasEndedItself(response: NodeResponse): response is Http2ServerResponse {
  if (!isHttp2(response)) return false
  return Reflect.get(Object.getPrototypeOf(response) as object, 'writableEnded', response) === true
}

/**
 * Holds the end of the stream that HTTP/2's own `end`, while it runs, is about to make. After such an `end` the
 * response takes no more calls: gives methods that write to the stream instead.
 */
export function holdStreamEnd(
  response: Http2ServerResponse,
  { writeHead }: { readonly writeHead: AnyMethod },
): { write: AnyMethod; end: AnyMethod } {
  const { stream } = response
  const members = stream as unknown as { respond: AnyMethod; write: AnyMethod; end: AnyMethod }
  const { respond, write, end } = members
  const begin = (): void => {
    if (stream.headersSent) return
    // The response counts as ended, and would end the stream with the head.
    members.respond = (headers, options) =>
      respond.call(stream, headers, { ...(options as object), endStream: false })
    writeHead.call(response, response.statusCode)
  }
  members.end = () => stream
  return {
    write: (...args) => {
      begin()
      return write.apply(stream, args)
    },
    end: (...args) => {
      begin()
      members.end = end
      end.apply(stream, args)
      return response
    },
  }
}
