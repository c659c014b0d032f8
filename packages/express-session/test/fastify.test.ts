import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import type { SessStore } from '@sess/express-session'
import { Browser } from '@sess/testkit/adapter'
import fastify, { type FastifyPluginCallback } from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Gate } from './support/app.ts'
import { engines } from './support/stores.ts'

// Without its types, which say of every request in this program what its session is.
const require = createRequire(import.meta.url)
const fastifySession: FastifyPluginCallback<Record<string, unknown>> = require('@fastify/session')

interface Session {
  n?: number
  user?: string
  regenerate(): Promise<void>
  destroy(): Promise<void>
}

async function counterApp(store: SessStore, options: object = {}) {
  const app = fastify()
  const gate = new Gate()
  const sessionOf = (req: object) => (req as { session: Session }).session
  app.register(fastifyCookie)
  app.register(fastifySession, {
    secret: 'a secret with minimum length of 32 characters',
    cookie: { secure: false, maxAge: 60_000 },
    saveUninitialized: false,
    store,
    ...options,
  })
  app.get('/read', async req => ({ n: sessionOf(req).n, user: sessionOf(req).user }))
  app.get('/count', async req => {
    const session = sessionOf(req)
    session.n = (session.n ?? 0) + 1
    return session.n
  })
  app.get('/login', async (req, reply) => {
    await sessionOf(req).regenerate()
    sessionOf(req).user = 'astaxie'
    return reply.redirect('/read')
  })
  app.get('/logout', async req => {
    await sessionOf(req).destroy()
    return 'bye'
  })
  app.get('/slow', async () => {
    gate.arrive()
    await gate.opened
    return 'done'
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(() => app.close())
  return { browser: new Browser((app.server.address() as AddressInfo).port), gate }
}

const json = async (browser: Browser, path: string) => JSON.parse((await browser.ask(path)).body)

describe.each(engines)('an app with @fastify/session on $name', ({ isMissing, backend }) => {
  const storeOf = async (): Promise<SessStore> => (await backend()).open()

  it.skipIf(isMissing)('counts the requests of each visitor', async () => {
    const { browser } = await counterApp(await storeOf())
    for (const n of [1, 2, 3]) expect(await json(browser, '/count')).toBe(n)
    expect(await json(browser, '/read')).toEqual({ n: 3 })
  })

  it.skipIf(isMissing)('logs in under a new id, and out', async () => {
    const { browser } = await counterApp(await storeOf())
    await browser.ask('/count')
    const before = browser.copy()
    expect((await browser.ask('/login')).status).toBe(302)
    expect(await json(browser, '/read')).toEqual({ user: 'astaxie' })
    expect(await json(before, '/read')).toEqual({})
    const kept = browser.copy()
    await browser.ask('/logout')
    expect(await json(kept, '/read')).toEqual({})
  })

  it.skipIf(isMissing).each([{ rolling: true }, { rolling: false }])(
    'does not bring a session back from logout with %j',
    async options => {
      const { browser, gate } = await counterApp(await storeOf(), options)
      await browser.ask('/count')
      const kept = browser.copy()
      const slow = browser.copy().ask('/slow')
      await gate.reached
      await browser.ask('/logout')
      gate.open()
      await slow
      expect(await json(kept, '/read')).toEqual({})
    },
  )
})
