import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { COOKIE, setUp } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'
import { uncaught } from './support/uncaught.ts'

// While the save runs, nothing has left, and the response looks as the handler made it.

describe.each(protocols)('over %s', protocol => {
  it('headersSent is true as soon as the head has begun, write says to wait, and drain follows', async () => {
    const { manager, store } = await setUp()
    const saving = door()
    store.before = () => saving.opened
    const seen: unknown[] = []
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      seen.push(res.headersSent)
      res.writeHead(200)
      seen.push(res.headersSent, res.write('one '))
      res.once('drain', () => {
        seen.push('drain', res.headersSent)
        res.end('two')
      })
      await sleep(30)
      seen.push(res.headersSent)
      saving.open()
    }, protocol)
    expect((await server.ask()).body).toBe('one two')
    expect(seen).toEqual([false, true, false, true, 'drain', true])
  })

  it('calls and callbacks keep their order', async () => {
    const { manager, store } = await setUp()
    store.before = () => sleep(30)
    const called: string[] = []
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.writeHead(200)
      res.write('a', () => called.push('a'))
      res.write('YmM=', 'base64', () => called.push('bc'))
      res.write(Buffer.from('d'))
      res.end('e', () => called.push('end'))
      expect(called).toEqual([])
    }, protocol)
    expect((await server.ask()).body).toBe('abcde')
    await expect.poll(() => called).toEqual(['a', 'bc', 'end'])
  })

  it.each<[string, unknown[]]>([
    ['end(callback)', []],
    ['end(chunk, callback)', ['done']],
    ['end(chunk, encoding, callback)', ['ZG9uZQ==', 'base64']],
  ])('%s', async (_, args) => {
    const { manager } = await setUp()
    const ended = door()
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      ;(res.end as (...args: unknown[]) => unknown)(...args, () => ended.open())
    }, protocol)
    expect((await server.ask()).body).toBe(args.length === 0 ? '' : 'done')
    await ended.opened
  })

  it('early hints pass', async () => {
    const { manager, store } = await setUp()
    const saving = door()
    store.before = () => saving.opened
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.flushHeaders()
      res.writeEarlyHints({ link: '</style.css>; rel=preload' })
      await sleep(30)
      saving.open()
      res.end('done')
    }, protocol)
    const { informational, body, setCookies } = await server.ask()
    expect(informational).toEqual([103])
    expect(body).toBe('done')
    expect(setCookies).toHaveLength(1)
  })

  it('the head cannot be changed once it has begun, and the error is the one of Node', async () => {
    const { manager, store } = await setUp()
    store.before = () => sleep(30)
    const code =
      protocol.startsWith('https') || protocol === 'http' ? 'ERR_HTTP_HEADERS_SENT' : 'ERR_HTTP2_HEADERS_SENT'
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.setHeader('X-Before', '1')
      res.write('do')
      for (const change of [
        () => res.setHeader('X-Between', '1'),
        () => res.appendHeader('X-Between', '1'),
        () => res.removeHeader('X-Before'),
        () => res.writeHead(500, { 'X-Between': '1' }),
      ])
        expect(change).toThrow(expect.objectContaining({ code }))
      res.statusCode = 201
      res.end('ne')
      expect(() => res.setHeader('X-After', '1')).toThrow(expect.objectContaining({ code }))
      res.statusCode = 500
    }, protocol)
    const { status, headers, body } = await server.ask()
    expect(server.thrown).toEqual([])
    expect({ status, body }).toEqual({ status: 200, body: 'done' })
    expect(headers).toMatchObject({ 'x-before': '1' })
    expect(headers).not.toHaveProperty('x-between')
    expect(headers).not.toHaveProperty('x-after')
  })

  it('what tells of the end is true after the end, and finished only when all has left', async () => {
    const { manager, store } = await setUp()
    const saving = door()
    store.before = () => saving.opened
    const seen: unknown[] = []
    const look = (res: ServerResponse): void => {
      // The older name for it, which on-finished, http-proxy and Next.js ask for.
      expect(res.finished).toBe(res.writableEnded)
      seen.push([res.writableEnded, res.writableFinished, res.statusCode])
    }
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      look(res)
      res.statusCode = 202
      res.write('do')
      look(res)
      res.end('ne')
      look(res)
      res.once('finish', () => look(res))
      saving.open()
    }, protocol)
    expect(await server.ask()).toMatchObject({ status: 202, body: 'done' })
    await expect.poll(() => seen).toHaveLength(4)
    expect(seen).toEqual([
      [false, false, 200],
      [false, false, 202],
      [true, false, 202],
      [true, true, 202],
    ])
  })

  it('an error page written after the response was ended changes nothing of it', async () => {
    const { manager, store } = await setUp()
    store.before = () => sleep(30)
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.setHeader('Content-Length', 4)
      res.setHeader('Content-Type', 'text/plain')
      res.end('done')
      // As error handlers of frameworks do.
      if (!res.headersSent) {
        res.statusCode = 500
        for (const name of res.getHeaderNames()) res.removeHeader(name)
        res.setHeader('Content-Length', 21)
        res.end('Internal Server Error')
      }
    }, protocol)
    const { status, headers, body, setCookies } = await server.ask()
    expect({ status, body }).toEqual({ status: 200, body: 'done' })
    expect(headers).toMatchObject({ 'content-length': '4', 'content-type': 'text/plain' })
    expect(setCookies).toHaveLength(1)
    expect((await server.ask()).body).toBe('done')
  })
})

it('writeProcessing passes', async () => {
  const { manager, store } = await setUp()
  const saving = door()
  store.before = () => saving.opened
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.flushHeaders()
    res.writeProcessing()
    saving.open()
    res.end('done')
  })
  expect(await server.ask()).toMatchObject({ informational: [102], body: 'done' })
})

it('writeContinue passes', async () => {
  const { manager, store } = await setUp()
  const saving = door()
  store.before = () => saving.opened
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.flushHeaders()
    res.writeContinue()
    saving.open()
    res.end('done')
  })
  expect(await server.ask()).toMatchObject({ informational: [100], body: 'done' })
})

it('what a listener of drain throws surfaces, and cuts no response', async () => {
  const { manager } = await setUp()
  const surfaced = uncaught()
  const mishap = new Error('a listener failed')
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.write('do')
    res.once('drain', () => {
      throw mishap
    })
    await surfaced.first
    res.end('ne')
  })
  expect((await server.ask()).body).toBe('done')
  expect(surfaced.errors).toEqual([mishap])
})

it('a release that nobody awaits is waited for', async () => {
  const { manager, store } = await setUp()
  let isSaved = false
  store.before = async () => {
    await sleep(50)
    isSaved = true
  }
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    session.set('user', 'astaxie')
    void session.sessionRelease()
    res.end('done')
  })
  const reply = await server.open()
  expect(isSaved).toBe(true)
  expect(reply.setCookies[0]).toContain(COOKIE)
  expect(await reply.body).toBe('done')
})

it.each(['sessionDestroy', 'sessionRegenerateId'] as const)(
  'a %s that nobody awaits is waited for',
  async method => {
    const { manager, store } = await setUp()
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/') session.set('user', 'astaxie')
      else void manager[method](req, res)
      res.end('done')
    })
    const browser = new Browser()
    await browser.go(server)
    const old = browser.header
    store.before = () => sleep(30)
    const reply = await browser.open(server, '/act')
    expect(reply.setCookies).toHaveLength(1)
    expect(browser.header).not.toBe(old)
    expect(await manager.getProvider().sessionExist(manager.storageID(old.slice(-32)))).toBe(false)
    expect(await reply.body).toBe('done')
  },
)

it('what the handler changes while its first changes are saved is saved as well', async () => {
  const { manager, store } = await setUp()
  store.before = () => sleep(40)
  let id = ''
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    id = manager.storageID(session.sessionID())
    session.set('user', 'astaxie')
    res.write('do')
    await sleep(20)
    session.set('n', 1)
    res.end('ne')
  })
  const reply = await server.open()
  store.before = () => undefined
  expect((await manager.getProvider().sessionRead(id)).get('n')).toBe(1)
  expect(await reply.body).toBe('done')
})

it('pipelined requests that are all held are answered in their order, each whole', async () => {
  const { manager, store } = await setUp()
  let saves = 0
  store.before = ({ method }) => {
    if (method === 'load') return
    saves++
    return sleep(60 - 15 * saves)
  }
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('path', req.url)
    res.write(`${req.url} `)
    res.end('done')
  })
  const socket = connect(server.port, '127.0.0.1')
  const paths = ['/1', '/2', '/3', '/4']
  socket.write(paths.map(path => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    if ((text.match(/0\r\n\r\n/g) ?? []).length === paths.length) break
  }
  expect([...text.matchAll(/(\/\d) \r\n4\r\ndone/g)].map(match => match[1])).toEqual(paths)
  expect(text.match(/Set-Cookie/g)).toHaveLength(paths.length)
})
