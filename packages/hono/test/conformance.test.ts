import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { sessions } from '@sess/hono'
import { type AdapterSubject, listening, testAdapter } from '@sess/testkit/adapter'
import { type Context, type Handler, Hono } from 'hono'
import { stream, streamText } from 'hono/streaming'
import type { StatusCode } from 'hono/utils/http-status'

const webStream = (body: Readable) => Readable.toWeb(body) as ReadableStream<Uint8Array>

const subject: AdapterSubject<Context> = {
  name: 'Hono 4 on Node',
  hasProxySetting: false,
  serve: ({ sessions: manager, options, routes, onError }) => {
    const app = new Hono()
    if (onError)
      app.onError((error, c) => {
        c.status(((error as { status?: number }).status ?? 500) as StatusCode)
        return c.text(onError(error))
      })
    app.use(sessions(manager, options))
    for (const { path, options: own, handle } of routes) {
      if (own) app.use(path, sessions(manager, own))
      app.all(path, handle as Handler)
    }
    return listening(createServer(getRequestListener(app.fetch)))
  },
  session: c => c.var.session,
  assign: (c, session) => c.set('session', session as typeof c.var.session),
  send: (c, { status, headers, body }) =>
    c.newResponse(status === 204 || status === 304 ? null : body, status as StatusCode, headers),
  redirect: (c, path) => c.redirect(path),
  stream: (c, body) => c.body(webStream(body)),
  answers: {
    'c.text and headers set before': c => {
      c.header('Content-Language', 'de')
      return c.text('done')
    },
    'c.json': c => c.json('done'),
    'c.html': c => c.html('done'),
    'a Response': () => new Response('done'),
    'a fetched response, whose headers cannot be changed': () => fetch('data:text/plain,done'),
    'a streaming helper': c =>
      stream(c, async out => void (await out.write(new TextEncoder().encode('done')))),
    'streamed text': c =>
      streamText(c, async out => {
        await out.write('do')
        await out.write('ne')
      }),
  },
}
testAdapter(subject)
