import { Readable } from 'node:stream'
import type { AppData } from '@sess/core'
import {
  Adapter,
  type AdapterOptions,
  assignSession,
  isOfAnswer,
  type Manager,
  type SessionObject,
  type SessionsOff,
  shownSession,
  showSession,
  withStatus,
} from '@sess/core/adapter'
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { FastifySession } from './fastify-session.ts'

const current: unique symbol = Symbol('sess.session')

/** How a context, or a route in its `config`, has its sessions. */
type Options = AdapterOptions<FastifyRequest>

/** What handlers see: the session, and its data as properties. */
export type ShownSession = SessionObject<AppData, FastifySession>

/**
 * What a request has. Where the types of @fastify/secure-session are in the program, too, as with @fastify/passport, theirs
 * count: no property has two.
 */
interface RequestProperties {
  /** The session of this request. Assign `null` to end it, or a plain object to put it in the place of its data. */
  get session(): IfOurs<ShownSession>
  set session(value: IfOurs<ShownSession | Partial<AppData> | null>)
  [current]: FastifySession
}

// biome-ignore lint/suspicious/noExplicitAny: what the others declare has to be assignable
type IfOurs<Type> = 'decodeSecureSession' extends keyof FastifyInstance ? any : Type

declare module 'fastify' {
  interface FastifyRequest extends RequestProperties {}
  interface FastifyContextConfig {
    /** How this route has its session, in place of all that the plugin's options say. */
    session?: AdapterOptions<FastifyRequest>
  }
}

/** A manager, whatever its sessions hold: plugins have no type parameters. */
export type AnyManager = Pick<Manager, 'ping' | 'close' | 'storageID' | 'getActiveSession'>

export interface SessionsOptions extends Options {
  /** What `newManager` gives, or `openSessions` of `@sess/config`. */
  readonly manager: AnyManager | SessionsOff
}

/**
 * Plugin that gives the requests of the context it is registered in, and of those below, their session as
 * `request.session`, and saves it before the reply is sent.
 *
 * A session that cannot be loaded is an error with status 503, one that cannot be saved an error with status 500,
 * for Fastify's error handler.
 *
 * @throws ERR_CONFIG
 */
export const sessions: FastifyPluginAsync<SessionsOptions> = Object.assign(plugin, {
  // What the package fastify-plugin sets: hooks and decorations are for the context that registers the plugin.
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: '@sess/fastify',
  [Symbol.for('plugin-meta')]: { name: '@sess/fastify', fastify: '5.x' },
})

async function plugin(app: FastifyInstance, { manager: given, ...options }: SessionsOptions): Promise<void> {
  const manager = given as Manager<AppData> | SessionsOff
  const adapter = new Adapter<AppData, FastifyRequest, FastifySession>(manager, options, FastifySession)
  const ofRoutes = new WeakMap<Options, Adapter<AppData, FastifyRequest, FastifySession>>()

  function adapterFor(own: Options | undefined): Adapter<AppData, FastifyRequest, FastifySession> {
    if (own === undefined) return adapter
    const known =
      ofRoutes.get(own) ?? new Adapter<AppData, FastifyRequest, FastifySession>(manager, own, FastifySession)
    ofRoutes.set(own, known)
    return known
  }

  if (!app.hasRequestDecorator('session'))
    app.decorateRequest<unknown>('session', shown).decorateRequest(current)
  // Mistakes in the options of a route are told when it is declared.
  app.addHook('onRoute', ({ config }) => void adapterFor(config?.session))

  app.addHook('onRequest', (request, reply, done) => {
    const adapter = adapterFor(request.routeOptions.config?.session)
    const session = adapter.session(request, request.raw, reply.raw, {
      isSecure: () => request.protocol === 'https',
      // Of a handler that writes to reply.raw by itself. One that has hijacked the reply has no error handler.
      onSaveError: (error, _req, res) => {
        if (reply.sent) res.end('Internal Server Error')
        else reply.send(begunAnew(reply, error))
      },
    })
    request[current] = session
    showSession(session, request)
    const starting = adapter.start(session)
    if (starting) starting.then(() => done(), done)
    else done()
  })

  app.addHook('onSend', (request, reply, payload, done) => {
    if (!request[current]?.needsSettling) return done()
    // Waited for by Fastify, which then answers what goes wrong further on, too.
    return settle(request, reply, payload)
  })

  async function settle(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
    try {
      await request[current].settle()
    } catch (error) {
      if (payload instanceof Readable) payload.destroy()
      throw begunAnew(reply, error)
    }
  }
}

/** The property `session` of requests. */
const shown = {
  getter(this: FastifyRequest) {
    return this[current] && shownSession(this[current])
  },
  setter(this: FastifyRequest, value: unknown) {
    this[current] = assignSession(this[current], value)
  },
}

/** A reply without what the handler said, for the error handler. */
function begunAnew(reply: FastifyReply, error: unknown): unknown {
  for (const name of Object.keys(reply.getHeaders())) if (isOfAnswer(name)) reply.removeHeader(name)
  reply.code(500)
  return withStatus(error, 500)
}
