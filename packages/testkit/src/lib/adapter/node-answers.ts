import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'

const headers = { 'Content-Type': 'text/plain', 'Content-Language': 'de' }
const list = Object.entries(headers).flat()

/** Every way to answer that Node's own response has, each with status 200 and the text `done`. */
const ways: Record<string, (res: ServerResponse) => unknown> = {
  end: res => res.end('done'),
  'end, later': res => setTimeout(() => res.end('done'), 20),
  'write, then end': res => {
    res.write('do')
    res.end('ne')
  },
  'flushHeaders, then end': res => {
    res.flushHeaders()
    res.end('done')
  },
  'setHeaders, then end': res => {
    res.setHeaders(new Headers(headers))
    res.end('done')
  },
  'early hints, then end': res => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    res.end('done')
  },
  'writeHead(status)': res => res.writeHead(200).end('done'),
  'writeHead(status, headers)': res => res.writeHead(200, headers).end('done'),
  'writeHead(status, list)': res => res.writeHead(200, list).end('done'),
  'writeHead(status, message)': res => res.writeHead(200, 'Fine').end('done'),
  'writeHead(status, message, headers)': res => res.writeHead(200, 'Fine', headers).end('done'),
  'writeHead(status, message, list)': res => res.writeHead(200, 'Fine', list).end('done'),
  'writeHead, and the end later': res => {
    res.writeHead(200, headers)
    setTimeout(() => res.end('done'), 20)
  },
  'a piped stream': res => Readable.from([Buffer.from('do'), Buffer.from('ne')]).pipe(res),
}

/**
 * For the `answers` of a framework whose handlers can get at Node's own response: every way that has. The function
 * gives that response, and tells the framework to stay out of it if that is necessary. What handlers return is `undefined`.
 */
export function nodeAnswers<Context>(
  responseOf: (context: Context) => ServerResponse,
): Record<string, (context: Context) => void> {
  return Object.fromEntries(
    Object.entries(ways).map(([name, answer]) => [
      `Node's ${name}`,
      context => {
        const res = responseOf(context)
        // Koa's is 404 until somebody says otherwise.
        res.statusCode = 200
        answer(res)
      },
    ]),
  )
}
