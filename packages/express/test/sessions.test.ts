import { createServer } from 'node:http'
import { type AppData, type Manager, newManager } from '@sess/core'
import { fromProvider } from '@sess/core/engine'
import { type ExpressSession, sessions } from '@sess/express'
import { Browser, listening } from '@sess/testkit/adapter'
import { cookieFor } from '@sess/testkit/cookie'
import express, { type Express, type Request } from 'express'
import express4 from 'express4'
import { expect, it, onTestFinished } from 'vitest'

async function start(app: Express): Promise<Browser> {
  const { port, close } = await listening(createServer(app))
  onTestFinished(async () => {
    await close()
  })
  return new Browser(port)
}

async function memory(): Promise<Manager<AppData>> {
  const manager = await newManager<AppData>('memory')
  onTestFinished(() => manager.close())
  return manager
}

it('req.sessionStart() loads the session in lazy mode', async () => {
  const manager = await memory()
  const app = express()
  app.use(sessions(manager, { lazy: true }))
  app.get('/', async (req, res) => {
    const session = await req.sessionStart()
    expect(session).toBe(req.session)
    res.send(session.get('username'))
  })
  const browser = await start(app)
  const reply = await browser.ask('/', {
    headers: { cookie: await cookieFor(manager, { username: 'astaxie' }) },
  })
  expect(reply.body).toBe('astaxie')
})

it('sessionOn may look at the request', async () => {
  const app = express()
  app.use(sessions(await memory(), { sessionOn: (req: Request) => !req.path.startsWith('/static/') }))
  app.use((req, res) => void res.send(`${req.session.isOff}`))
  const browser = await start(app)
  expect((await browser.ask('/static/style.css')).body).toBe('true')
  expect((await browser.ask('/')).body).toBe('false')
})

it('nobody is logged in where sessions are off', async () => {
  const app = express()
  app.use(sessions(await memory(), { sessionOn: false }))
  app.get('/', (req, res) => void res.send(`${req.session.passport}`))
  expect((await (await start(app)).ask('/')).body).toBe('undefined')
})

it.each([
  ['Express 5', express],
  ['Express 4', express4],
])('an answer that the client has already is sent after the save, too: %s', async (_, createApp) => {
  const manager = await memory()
  const app = createApp()
  app.use(sessions(manager))
  app.get('/', (req, res) => {
    req.session.set('seen', true)
    res.send('hello')
  })
  const browser = await start(app)
  const { etag } = (await browser.ask('/')).headers
  const reply = await new Browser(browser.port).ask('/', { headers: { 'if-none-match': String(etag) } })
  expect([reply.status, reply.setCookies.length, await manager.getActiveSession()]).toEqual([304, 1, 2])
})

it.each<[string, unknown, boolean]>([
  ['a name', 'loopback', true],
  ['an address', '127.0.0.1', true],
  ['another network', '192.0.2.0/24', false],
  ['a list', ['192.0.2.1', '127.0.0.1'], true],
  ['a number of hops', 1, true],
  ['no hop', 0, false],
  ['a function', (address: string, hop: number) => address === '127.0.0.1' && hop === 0, true],
  ['a function that says no', () => false, false],
])('trust proxy decides who is believed: %s', async (_, trust, isSecure) => {
  for (const createApp of [express, express4]) {
    const app = createApp()
    app.set('trust proxy', trust)
    app.use(sessions(await memory()))
    app.get('/', (req, res) => {
      req.session.set('n', 1)
      res.send('')
    })
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.1' }
    const { setCookies } = await (await start(app)).ask('/', { headers })
    expect(/; Secure/.test(setCookies[0] as string)).toBe(isSecure)
  }
})

it('regenerate works behind a provider of the seven methods, which has no list of keys', async () => {
  const stored = new Map<string, Map<string, unknown>>()
  const read = async (sid: string) => {
    const data = new Map(stored.get(sid))
    return {
      get: (key: string) => data.get(key),
      set: (key: string, value: unknown) => void data.set(key, value),
      delete: (key: string) => void data.delete(key),
      flush: () => data.clear(),
      sessionID: () => sid,
      sessionRelease: async () => void stored.set(sid, data),
    }
  }
  const manager = await newManager<AppData>(
    fromProvider({
      sessionInit: async () => {},
      sessionRead: read,
      sessionExist: async sid => stored.has(sid),
      sessionRegenerate: async (old, sid) => {
        stored.set(sid, stored.get(old) ?? new Map())
        stored.delete(old)
        return read(sid)
      },
      sessionDestroy: async sid => void stored.delete(sid),
      sessionAll: async () => stored.size,
      sessionGC: async () => {},
    }),
  )
  const app = express()
  app.use(sessions(manager))
  app.get('/', (req, res) => {
    req.session.set('n', 1)
    res.send('')
  })
  app.get('/regenerate', (req, res, next) => {
    const before: ExpressSession = req.session
    req.session.regenerate(error => {
      if (error) return next(error)
      req.session.set('same', before === req.session)
      res.send(`${req.session.get('n')}`)
    })
  })
  const browser = await start(app)
  await browser.ask('/')
  const before = browser.copy()
  expect((await browser.ask('/regenerate')).body).toBe('undefined')
  expect(browser.visitor.cookie).not.toBe(before.visitor.cookie)
  expect(stored.size).toBe(1)
})
