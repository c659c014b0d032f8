import { sessions } from '@sess/fastify'
import { type AdapterSubject, listening, nodeAnswers, testAdapter } from '@sess/testkit/adapter'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'

interface Context {
  request: FastifyRequest
  reply: FastifyReply
}

const subject: AdapterSubject<Context> = {
  name: 'Fastify 5',
  hasProxySetting: true,
  serve: async ({ sessions: manager, options, routes, trustProxy, onError }) => {
    const app = fastify({ trustProxy })
    const answer = (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
      const { status = 500 } = error as { status?: number }
      reply.code(status).send(onError?.(error))
    }
    // Fastify hands an error that comes while another is answered to the error handler of the context above.
    if (onError) app.setErrorHandler(answer)
    await app.register(async child => {
      if (onError) child.setErrorHandler(answer)
      await child.register(sessions, { manager, ...options })
      for (const { path, options: own, handle } of routes)
        child.all(path, { config: own ? { session: own } : {} }, (request, reply) =>
          handle({ request, reply }),
        )
    })
    await app.ready()
    return listening(app.server)
  },
  session: ({ request }) => request.session,
  assign: ({ request }, session) => {
    request.session = session
  },
  send: ({ reply }, { status, headers, body }) => reply.code(status).headers(headers).send(body),
  redirect: ({ reply }, path) => reply.redirect(path),
  stream: ({ reply }, body) => reply.send(body),
  answers: {
    'what it returns': async () => 'done',
    JSON: ({ reply }) => reply.type('application/json').send('"done"'),
    'a buffer': ({ reply }) => reply.send(Buffer.from('done')),
    'a Response': ({ reply }) => reply.send(new Response('done')),
    'a web stream': ({ reply }) => reply.send(new Blob(['done']).stream()),
    ...nodeAnswers<Context>(({ reply }) => reply.raw),
    'reply.raw.end in an async handler': async ({ reply }) => {
      reply.raw.end('done')
    },
    'reply.raw.writeHead, and the end later': async ({ reply }) => {
      reply.raw.writeHead(200, ['Content-Type', 'text/plain'])
      setTimeout(() => reply.raw.end('done'), 20)
    },
  },
}

testAdapter(subject)
