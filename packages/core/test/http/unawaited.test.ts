import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Manager } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Data, type Setup, setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'
import { type Protocol, protocols, type Server, serve } from './support/servers.ts'

// An await is missing: the response waits for the call all the same, and fails with it.

type Call = (manager: Manager<Data>, req: IncomingMessage, res: ServerResponse) => unknown

const calls: Record<string, Call> = {
  'manager.sessionDestroy': (manager, req, res) => manager.sessionDestroy(req, res),
  'manager.sessionRegenerateId': (manager, req, res) => manager.sessionRegenerateId(req, res),
  'session.destroy': async (manager, req, res) => void (await manager.sessionStart(req, res)).destroy(),
  'session.regenerate': async (manager, req, res) => void (await manager.sessionStart(req, res)).regenerate(),
  'session.sessionRelease': async (manager, req, res) => {
    const session = await manager.sessionStart(req, res)
    session.set('user', 'changed')
    void session.sessionRelease()
  },
}

interface Site extends Setup {
  server: Server
  browser: Browser
}

/** A visitor who is logged in, and a handler that makes `call` and does not wait for what it gives. */
async function site(call: Call, protocol: Protocol, pause = 0): Promise<Site> {
  const setup = await setUp({ onSaveError: (_error, _req, res) => res.writeHead(500).end('not saved') })
  const { manager } = setup
  const server = await serve(async (req, res) => {
    if (req.url === '/in') {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.end('in')
      return
    }
    const made = call(manager, req, res)
    // The call itself gives a promise where it starts the session first.
    if (pause > 0) {
      await made
      await sleep(pause)
    } else if (call.constructor.name === 'AsyncFunction') await made
    res.writeHead(302, { Location: '/' }).end()
  }, protocol)
  const browser = new Browser()
  await browser.go(server, '/in')
  return { ...setup, server, browser }
}

function down(method: string): void {
  if (method !== 'load') throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
}

describe.each(protocols)('over %s', protocol => {
  it.each(Object.entries(calls))('the response waits for %s that nobody awaits', async (_, call) => {
    const { store, server, browser } = await site(call, protocol)
    let isDone = false
    store.before = async ({ method }) => {
      if (method === 'load') return
      await sleep(30)
      isDone = true
    }
    expect((await browser.go(server, '/do')).status).toBe(302)
    expect(isDone).toBe(true)
  })

  it.each(Object.entries(calls))(
    'the response is a 500 when %s fails that nobody awaits, and nothing is unhandled',
    async (_, call) => {
      const { store, server, browser } = await site(call, protocol)
      store.before = async ({ method }) => {
        await sleep(5)
        down(method)
      }
      expect(await browser.go(server, '/do')).toMatchObject({
        status: 500,
        body: 'not saved',
        setCookies: [],
      })
    },
  )

  it('a failure that came long before the response began fails it, too', async () => {
    const { store, server, browser } = await site(
      async (manager, req, res) => void (await manager.sessionStart(req, res)).destroy(),
      protocol,
      30,
    )
    store.before = ({ method }) => down(method)
    expect(await browser.go(server, '/do')).toMatchObject({ status: 500, body: 'not saved' })
  })
})

it('a failure that the handler has caught is the handler’s to answer', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    if (req.url === '/in') session.set('user', 'astaxie')
    else await session.destroy().catch(() => (res.statusCode = 409))
    res.end('mine')
  })
  const browser = new Browser()
  await browser.go(server, '/in')
  store.before = ({ method }) => down(method)
  expect(await browser.go(server, '/do')).toMatchObject({ status: 409, body: 'mine' })
})

it('a call that nobody awaits of a manager that was closed meanwhile is the response’s failure', async () => {
  const { manager } = await setUp({ onSaveError: (_error, _req, res) => res.writeHead(500).end('not saved') })
  const server = await serve(async (req, res) => {
    await manager.sessionStart(req, res)
    await manager.close()
    void manager.sessionDestroy(req, res)
    res.end('as if')
  })
  expect(await server.ask()).toMatchObject({ status: 500, body: 'not saved' })
})

it('Promise.all observes its calls: their failure is the caller’s', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    if (req.url === '/in') session.set('user', 'astaxie')
    else
      await Promise.all([session.destroy(), sleep(1)]).catch(error => {
        res.statusCode = 409
        res.write(error.code)
      })
    res.end()
  })
  const browser = new Browser()
  await browser.go(server, '/in')
  store.before = ({ method }) => down(method)
  expect(await browser.go(server, '/do')).toMatchObject({ status: 409, body: 'ERR_BACKEND' })
})
