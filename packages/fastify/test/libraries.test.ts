import csrf from '@fastify/csrf-protection'
import flash from '@fastify/flash'
import { Authenticator } from '@fastify/passport'
import { newManager } from '@sess/core'
import { sessions } from '@sess/fastify'
import { Browser, listening } from '@sess/testkit/adapter'
import fastify, { type FastifyInstance } from 'fastify'
import { Strategy } from 'passport-local'
import { expect, it, onTestFinished } from 'vitest'

// Plugins that are made for @fastify/session and @fastify/secure-session, as their documentation has them.

const post = { method: 'POST' }

async function libraryApp(build: (app: FastifyInstance) => Promise<unknown>): Promise<Browser> {
  const manager = await newManager('memory')
  const app = fastify()
  await app.register(sessions, { manager })
  await build(app)
  await app.ready()
  const { port, close } = await listening(app.server)
  onTestFinished(async () => {
    await close()
    await manager.close()
  })
  return new Browser(port)
}

it.each([true, false])(
  '@fastify/passport logs in and out, where clearSessionOnLogin is %s',
  async clearSessionOnLogin => {
    const browser = await libraryApp(async app => {
      const auth = new Authenticator({ clearSessionOnLogin })
      auth.use(
        'local',
        new Strategy((username, password, done) =>
          done(null, password === 'secret' ? { username } : false, { type: 'error', message: 'No' } as {
            message: string
          }),
        ) as never,
      )
      auth.registerUserSerializer(async user => user)
      auth.registerUserDeserializer(async user => user)
      await app.register(auth.initialize())
      await app.register(auth.secureSession())
      app.get('/cart', async ({ session }) => {
        Object.assign(session, { cart: ['a'], returnTo: '/me' })
        return 'kept'
      })
      app.post('/login', {
        preValidation: auth.authenticate('local', {
          successReturnToOrRedirect: '/',
          failureRedirect: '/login',
          failureMessage: true,
          failureFlash: true,
        }),
        handler: async () => 'not reached',
      })
      app.get('/login', async ({ session }, reply) => [session.messages, reply.flash('error')])
      app.get('/me', async ({ user, session }) => [user ?? null, session.cart ?? null])
      app.get('/logout', async request => {
        await request.logout()
        return 'bye'
      })
    })
    await browser.ask('/cart')
    const before = browser.copy()
    await browser.ask('/login?username=ann&password=wrong', post)
    expect(JSON.parse((await browser.ask('/login')).body)).toEqual([['No'], ['No']])
    const reply = await browser.ask('/login?username=ann&password=secret', post)
    expect([reply.status, reply.headers.location]).toEqual([302, clearSessionOnLogin ? '/' : '/me'])
    expect(browser.visitor.sid).not.toBe(before.visitor.sid)
    const cart = clearSessionOnLogin ? null : ['a']
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual([{ username: 'ann' }, cart])
    expect(JSON.parse((await before.ask('/me')).body)).toEqual([null, null])
    await browser.ask('/logout')
    expect(JSON.parse((await browser.ask('/me')).body)).toEqual([null, cart])
  },
)

it.each(['@fastify/session', '@fastify/secure-session'] as const)(
  '@fastify/csrf-protection keeps its secret in the session, as in that of %s',
  async sessionPlugin => {
    const browser = await libraryApp(async app => {
      await app.register(csrf, { sessionPlugin })
      app.get('/', async (_, reply) => reply.generateCsrf())
      app.post('/', { onRequest: app.csrfProtection }, async () => 'done')
    })
    const headers = { 'x-csrf-token': (await browser.ask('/')).body }
    expect((await browser.ask('/', { ...post, headers })).body).toBe('done')
    expect((await browser.ask('/', post)).status).toBe(403)
    expect((await new Browser(browser.port).ask('/', { ...post, headers })).status).toBe(403)
  },
)

it('@fastify/flash keeps the messages of each visitor apart', async () => {
  const browser = await libraryApp(async app => {
    await app.register(flash)
    app.get('/leave', async request => request.flash('info', ['a', 'b']))
    app.get('/take', async (_, reply) => reply.flash('info'))
  })
  expect((await browser.ask('/leave')).body).toBe('2')
  expect((await new Browser(browser.port).ask('/take')).body).toBe('[]')
  expect((await browser.ask('/take')).body).toBe('["a","b"]')
  expect((await browser.ask('/take')).body).toBe('[]')
})

it('session.regenerate keeps the keys that are named, and request.session is another one then', async () => {
  const browser = await libraryApp(async app => {
    app.get('/', async request => {
      const before = request.session
      Object.assign(before, { cart: ['a'], user: 'ann' })
      await before.regenerate(['cart'])
      expect(() => before.set('user', 'x')).toThrow(
        expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }),
      )
      return [
        { ...before },
        request.session,
        before.isEnded,
        request.session.sessionId === request.session.id,
      ]
    })
  })
  expect(JSON.parse((await browser.ask('/')).body)).toEqual([
    { cart: ['a'], user: 'ann' },
    { cart: ['a'] },
    true,
    true,
  ])
})
