import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Happening, record, type Setup, setUp } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'

// Clients that are gone, and changes made when the headers have left.

const kinds = (happenings: Happening[]): string[] => happenings.map(({ name }) => name)

/** What is stored of the visitor's session. */
async function stored({ other }: Setup, browser: Browser, key: string): Promise<unknown> {
  const id = other.storageID([...browser.cookies.values()][0] ?? '')
  return (await other.getProvider().sessionRead(id)).get(key)
}

describe.each(protocols)('over %s', protocol => {
  it('changes made after the headers left are saved when the response is over', async () => {
    const setup = await setUp()
    const server = await serve(async (req, res) => {
      const session = await setup.manager.sessionStart(req, res)
      if (req.url === '/') session.set('n', 1)
      res.write('one ')
      if (req.url === '/late') session.set('n', 2)
      res.end('two')
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    const reply = await browser.go(server, '/late')
    expect(reply).toMatchObject({ status: 200, body: 'one two', setCookies: [] })
    await expect.poll(() => stored(setup, browser, 'n')).toBe(2)
  })

  it('changes made after the response is over are saved too', async () => {
    const setup = await setUp()
    const over = door()
    const server = await serve(async (req, res) => {
      const session = await setup.manager.sessionStart(req, res)
      if (req.url === '/') session.set('n', 1)
      res.end('done')
      if (req.url === '/') return
      await once(res, 'close')
      await sleep(10)
      session.update('n', (n = 0) => n + 1)
      session.update('n', n => (n as number) + 1)
      over.open()
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    setup.store.forget()
    await browser.go(server, '/late')
    await over.opened
    await expect.poll(() => stored(setup, browser, 'n')).toBe(3)
    expect(setup.store.methods.filter(method => method === 'update')).toHaveLength(1)
  })

  it('a failure of such a save is told by an event', async () => {
    const { manager, store } = await setUp()
    const happenings = record(manager)
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/') session.set('n', 1)
      res.write('one ')
      if (req.url === '/late') session.set('n', 2)
      res.end('two')
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    store.before = ({ method }) => {
      if (method === 'update') throw new Error('down')
    }
    expect((await browser.go(server, '/late')).body).toBe('one two')
    await expect.poll(() => kinds(happenings)).toEqual(['created', 'saveError'])
    expect(happenings[1]?.event).toMatchObject({ error: { code: 'ERR_BACKEND' } })
  })

  it('a new session after the headers left is ERR_HEADERS_SENT, and nothing is stored', async () => {
    const { manager, store } = await setUp()
    const happenings = record(manager)
    const errors: unknown[] = []
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      res.write('one ')
      session.set('user', 'astaxie')
      if (req.url === '/release') await session.sessionRelease().catch(error => errors.push(error))
      res.end('two')
    }, protocol)
    expect(await server.ask({ path: '/release' })).toMatchObject({ body: 'one two', setCookies: [] })
    expect(errors).toMatchObject([{ code: 'ERR_HEADERS_SENT' }])
    expect(store.calls).toEqual([])

    happenings.length = 0
    await server.ask({ path: '/nobody-releases' })
    await expect
      .poll(() => happenings)
      .toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_HEADERS_SENT' } } }])
    expect(store.calls).toEqual([])
  })

  it('regenerating after the headers left is ERR_HEADERS_SENT, and the old id goes on working', async () => {
    const { manager, store } = await setUp()
    const errors: unknown[] = []
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/') session.set('n', 1)
      res.write(String(session.get('n')))
      if (req.url === '/late') await manager.sessionRegenerateId(req, res).catch(error => errors.push(error))
      res.end()
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    store.forget()
    await browser.go(server, '/late')
    expect(errors).toMatchObject([{ code: 'ERR_HEADERS_SENT' }])
    expect(store.methods).toEqual(['load'])
    expect((await browser.go(server, '/read')).body).toBe('1')
  })

  it('the handler answers a client that is gone: its changes are saved', async () => {
    const setup = await setUp()
    const arrived = door()
    const goOn = door()
    const server = await serve(async (req, res) => {
      const session = await setup.manager.sessionStart(req, res)
      session.update('n', (n = 0) => n + 1)
      if (req.url === '/slow') {
        arrived.open()
        await goOn.opened
        session.set('user', 'astaxie')
      }
      res.writeHead(200, { 'X-One': '1' })
      res.write('one ')
      res.end('two')
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    const lost = browser.go(server, '/slow').catch(error => error)
    await arrived.opened
    await server.hangUp()
    expect(await lost).toBeInstanceOf(Error)
    await sleep(30)
    goOn.open()
    await expect.poll(() => stored(setup, browser, 'user')).toBe('astaxie')
    expect(await stored(setup, browser, 'n')).toBe(2)
    expect(server.thrown).toEqual([])
  })

  it('a session that is started when the client is gone already is saved, too', async () => {
    const setup = await setUp()
    const arrived = door()
    const gone = door()
    const server = await serve(async (req, res) => {
      if (req.url === '/slow') {
        arrived.open()
        await gone.opened
      }
      ;(await setup.manager.sessionStart(req, res)).update('n', (n = 0) => n + 1)
      if (req.url === '/') res.end()
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    const lost = browser.go(server, '/slow').catch(error => error)
    await arrived.opened
    await server.hangUp()
    await lost
    await sleep(30)
    gone.open()
    await expect.poll(() => stored(setup, browser, 'n')).toBe(2)
  })

  it('a new visitor who hangs up in mid-request leaves no error behind', async () => {
    const { manager, store } = await setUp()
    const happenings = record(manager)
    const arrived = door()
    const goOn = door()
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      arrived.open()
      await goOn.opened
      session.set('user', 'astaxie')
      res.end('done')
    }, protocol)
    const lost = server.ask().catch(error => error)
    await arrived.opened
    await server.hangUp()
    await lost
    await sleep(30)
    goOn.open()
    await expect.poll(() => kinds(happenings)).toEqual(['created'])
    expect(store.methods).toEqual(['create'])
    expect(server.thrown).toEqual([])
  })
})

it('a client that hangs up while the save runs: it is saved', async () => {
  const setup = await setUp()
  const saving = door()
  const server = await serve(async (req, res) => {
    ;(await setup.manager.sessionStart(req, res)).update('n', (n = 0) => n + 1)
    res.end('done')
  })
  const browser = new Browser()
  await browser.go(server)
  setup.store.before = async ({ method }) => {
    if (method !== 'update') return
    saving.open()
    await sleep(50)
  }
  const socket = connect(server.port, '127.0.0.1')
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nCookie: ${browser.header}\r\n\r\n`)
  await saving.opened
  socket.destroy()
  await expect.poll(() => stored(setup, browser, 'n')).toBe(2)
})

it.each(['http', 'h2c'] as const)(
  'over %s a response that was held when its connection closed still looks begun',
  async protocol => {
    const { manager, store } = await setUp()
    const saving = door()
    const over = door()
    store.before = () => saving.opened
    const seen: unknown[] = []
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.statusCode = 202
      res.write('part')
      res.destroy()
      saving.open()
      await sleep(20)
      // As access logs do, which leave out the status of a response that was not begun.
      seen.push(res.headersSent, res.statusCode, res.writableEnded)
      expect(() => res.setHeader('X-Late', '1')).toThrow(
        /HEADERS_SENT|after they are sent|already been initiated/,
      )
      res.end()
      seen.push(res.writableEnded)
      over.open()
    }, protocol)
    server.ask().catch(() => {})
    await over.opened
    // An end without a stream ends nothing, says HTTP/2.
    expect(seen).toEqual([true, 202, false, protocol === 'http'])
    expect(server.thrown).toEqual([])
  },
)

it('a handler that throws after set: what it had set is saved before its error page leaves', async () => {
  const setup = await setUp()
  setup.store.before = () => sleep(30)
  const server = await serve(async (req, res) => {
    const session = await setup.manager.sessionStart(req, res)
    session.set('n', 1)
    throw new Error('in the middle of it')
  })
  const browser = new Browser()
  const reply = await browser.open(server)
  expect(reply.status).toBe(500)
  setup.store.before = () => undefined
  expect(await stored(setup, browser, 'n')).toBe(1)
  expect(await reply.body).toBe('handler failed')
})
