import type { ServerResponse } from 'node:http'
import type { Broken } from './broken.ts'
import { type Exchange, type Fail, PlainAdapter } from './plain.ts'

/** What an adapter does last of all, when the headers go out. */
abstract class LastWord extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const { res } = exchange
    const { writeHead } = res
    if (!Object.hasOwn(res, 'writeHead'))
      res.writeHead = ((...args: Parameters<typeof writeHead>) => {
        this.last(res, args[0])
        return writeHead.apply(res, args)
      }) as typeof writeHead
    return super.session(exchange, fail)
  }

  protected abstract last(res: ServerResponse, status: number): void
}

const linesOf = (res: ServerResponse) => [res.getHeader('Set-Cookie') ?? []].flat().map(String)
const isOurs = (line: string) => line.startsWith('beegosessionID=')

class SetsTheCookieTwice extends LastWord {
  protected last(res: ServerResponse): void {
    const lines = linesOf(res)
    if (lines.length > 0) res.setHeader('Set-Cookie', [...lines, ...lines.filter(isOurs)])
  }
}

class KeepsTheCookieAtLogout extends LastWord {
  protected last(res: ServerResponse): void {
    const lines = linesOf(res)
    if (lines.length > 0)
      res.setHeader(
        'Set-Cookie',
        lines.filter(line => !line.includes('Max-Age=0')),
      )
  }
}

class OverwritesCookies extends LastWord {
  protected last(res: ServerResponse): void {
    const lines = linesOf(res).filter(isOurs)
    if (lines.length > 0) res.setHeader('Set-Cookie', lines)
  }
}

class LetsProxiesCache extends LastWord {
  protected last(res: ServerResponse): void {
    if (res.hasHeader('Set-Cookie')) res.setHeader('Cache-Control', 'public, max-age=60')
  }
}

class SendsNoCookieWithout200 extends LastWord {
  protected last(res: ServerResponse, status: number): void {
    if (status === 304) res.removeHeader('Set-Cookie')
  }
}

class SendsNoCookieWithErrors extends LastWord {
  protected last(res: ServerResponse, status: number): void {
    if (status >= 400) res.removeHeader('Set-Cookie')
  }
}

class CollectsTheBody extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const { res } = exchange
    if (!Object.hasOwn(res, 'write')) {
      const { end } = res
      const chunks: Buffer[] = []
      res.write = ((chunk: Buffer | string) => {
        chunks.push(Buffer.from(chunk))
        return true
      }) as typeof res.write
      res.end = ((chunk?: Buffer | string | (() => void)) => {
        if (typeof chunk === 'string' || chunk instanceof Buffer) chunks.push(Buffer.from(chunk))
        return end.call(res, Buffer.concat(chunks) as never, 'utf8')
      }) as typeof res.end
    }
    return super.session(exchange, fail)
  }
}

/** Goes by `end` alone, as adapters do that patch one method too few. */
class SavesAtTheEnd extends PlainAdapter {
  override session(exchange: Exchange, fail: Fail) {
    const { req, res } = exchange
    const headers = new Headers()
    const session = this.adapter.session(req, requestOf(exchange), headers, this.hooks(exchange))
    const { end } = res
    if (!Object.hasOwn(res, 'end'))
      res.end = ((...args: unknown[]) => {
        res.end = end
        session.settle().then(
          () => {
            if (!res.headersSent)
              for (const [name, value] of headers)
                res.setHeader(
                  name,
                  name === 'set-cookie' ? [...linesOf(res), ...headers.getSetCookie()] : value,
                )
            end.apply(res, args as never)
          },
          error => {
            for (const name of res.getHeaderNames()) if (!res.headersSent) res.removeHeader(name)
            fail(Object.assign(error, { status: 500, statusCode: 500 }))
          },
        )
        return res
      }) as typeof res.end
    return session
  }

  protected hooks({ req, trustProxy }: Exchange) {
    return { isSecure: () => trustProxy && req.headers['x-forwarded-proto'] === 'https' }
  }
}

class SavesAfterTheResponse extends SavesAtTheEnd {
  override session(exchange: Exchange) {
    const { req, res } = exchange
    const headers = new Headers()
    const session = this.adapter.session(req, requestOf(exchange), headers, this.hooks(exchange))
    res.once('close', () => void session.settle().catch(() => {}))
    return session
  }
}

const requests = new WeakMap<object, Request>()

/** The same Web request for every middleware of one exchange. */
function requestOf({ req }: Exchange): Request {
  const known = requests.get(req)
  if (known) return known
  const { cookie } = req.headers
  const request = new Request('http://localhost/', { headers: cookie === undefined ? {} : { cookie } })
  requests.set(req, request)
  return request
}

class SavesAtTheEndOfHeadOnly extends SavesAfterTheResponse {
  override session(exchange: Exchange, fail?: Fail) {
    if (exchange.req.method === 'HEAD') return super.session(exchange)
    return PlainAdapter.prototype.session.call(this, exchange, fail as Fail)
  }
}

/** Adapters that send the wrong thing, or at the wrong time. */
export const onTheWire: Broken[] = [
  {
    name: 'the cookie is set twice',
    AdapterClass: SetsTheCookieTwice,
    fails: [
      'failures / to save under an id that is new already leave the visitor that id',
      'sessions / get a new id at login, and the old one is dead',
      'sessions / begin anew with what is set after the end of one',
      'sessions / are saved by hand as well',
      'routes / that have one session twice, and send one cookie',
      'answering with * / saves before the headers',
      'saving / comes before the headers of an answer to HEAD',
      'saving / is done with the answer to an error that was thrown after a change',
      'saving / is done with the answer of a framework that has no error handler',
      'saving / leaves the other cookies of an answer alone, and makes it private',
      'saving / several times in a request sends one cookie',
      'streams / go out as they are made after a save',
      'proxies / that are trusted make the cookie Secure',
      'proxies / that are trusted leave the cookie of a plain connection plain',
      'proxies / that are not trusted make no cookie Secure',
    ],
  },
  {
    name: 'a logout leaves the cookie',
    AdapterClass: KeepsTheCookieAtLogout,
    fails: [
      'the session as an object / ends when it is set to null, before the response leaves',
      'sessions / end at logout, with their cookie',
    ],
  },
  {
    name: 'other cookies are lost',
    AdapterClass: OverwritesCookies,
    fails: ['saving / leaves the other cookies of an answer alone, and makes it private'],
  },
  {
    name: 'a response with the cookie may be cached',
    AdapterClass: LetsProxiesCache,
    fails: ['saving / leaves the other cookies of an answer alone, and makes it private'],
  },
  {
    name: 'a 304 has no cookie',
    AdapterClass: SendsNoCookieWithout200,
    fails: ['answering with not modified / saves before the headers'],
  },
  {
    name: 'an error has no cookie',
    AdapterClass: SendsNoCookieWithErrors,
    fails: [
      'failures / to save under an id that is new already leave the visitor that id',
      'saving / is done with the answer to an error that was thrown after a change',
      'saving / is done with the answer of a framework that has no error handler',
    ],
  },
  {
    name: 'a stream is collected',
    AdapterClass: CollectsTheBody,
    fails: [
      'streams / go out as they are made when nothing changed',
      'streams / go out as they are made after a save',
      'streams / wait for a slow client when nothing changed',
      'streams / wait for a slow client after a save',
    ],
  },
  {
    name: 'the session is saved at the end of the body',
    AdapterClass: SavesAtTheEnd,
    fails: [
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / is a 500 where destroy fails and nobody waits for that',
      'the session as an object / is a 500 where save fails and nobody waits for that',
      'the session as an object / is a 500 where regenerate fails and nobody waits for that',
      'answering with * / is an error when the save fails',
      'failures / to save leave what was stored, and hurt no later request',
      'failures / to save leave what an app says with every answer',
      'failures / to save under an id that is new already leave the visitor that id',
      'sessions / hand a flash message to one request',
      'answering with a redirect / saves before the headers',
      'answering with a redirect / is an error when the save fails',
      'answering with a stream / saves before the headers',
      'answering with a stream / is an error when the save fails',
      "answering with Node's write, then end / *",
      "answering with Node's flushHeaders, then end / *",
      "answering with Node's writeHead* / *",
      "answering with Node's a piped stream / *",
      'saving / is over when a redirect is followed on its headers',
      'saving / leaves the other cookies of an answer alone, and makes it private',
      'streams / go out as they are made after a save',
    ],
  },
  {
    name: 'the session is saved after the response',
    AdapterClass: SavesAfterTheResponse,
    fails: [
      'the session as an object / keeps a property that is set, and forgets one that is deleted',
      'the session as an object / ends when it is set to null, before the response leaves',
      'the session as an object / that cannot be ended is a 500, and goes on',
      'the session as an object / has the data of a plain object that it is set to, and no other',
      'the session as an object / refuses to be set to anything else',
      'the session as an object / is a 500 where destroy fails and nobody waits for that',
      'the session as an object / can be told to save by who does not wait',
      'the session as an object / is a 500 where save fails and nobody waits for that',
      'the session as an object / is a 500 where regenerate fails and nobody waits for that',
      'sessions / *',
      'loading / *',
      'routes / without a session, by the options of the route',
      'routes / that load their session when the handler asks',
      'routes / that have one session twice, and send one cookie',
      'answering with * / saves before the headers',
      'answering with * / is an error when the save fails',
      'answering with * / is left alone when nothing changed',
      'saving / *',
      'streams / go out as they are made after a save',
      'failures / *',
      'proxies / *',
    ],
  },
  {
    name: 'an answer to HEAD does not wait',
    AdapterClass: SavesAtTheEndOfHeadOnly,
    fails: [
      'saving / comes before the headers of an answer to HEAD',
      'failures / to save an answer to HEAD are a 500',
    ],
  },
]
