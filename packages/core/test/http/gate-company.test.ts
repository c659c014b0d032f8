import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { Browser, parseCookie } from './support/browser.ts'
import { setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'
import { protocols, serve } from './support/servers.ts'

// Others wrap the response too: other managers, and middleware.

type Wrapped = Record<'writeHead' | 'write' | 'end', (...args: unknown[]) => unknown>

/** As the package on-headers: a last word on the headers, at the first writeHead. */
function onHeaders(res: ServerResponse, listener: () => void): void {
  const target = res as unknown as Wrapped
  const { writeHead } = target
  let fired = false
  target.writeHead = (...args) => {
    if (!fired) {
      fired = true
      listener()
    }
    return writeHead.apply(res, args)
  }
}

/** As compression middleware: what is written goes through a filter. */
function shout(res: ServerResponse): void {
  const target = res as unknown as Wrapped
  const { write, end } = target
  const filter = (args: unknown[]): unknown[] =>
    args.map(arg => (typeof arg === 'string' ? arg.toUpperCase() : arg))
  target.write = (...args) => write.apply(res, filter(args))
  target.end = (...args) => end.apply(res, filter(args))
}

describe.each(protocols)('over %s', protocol => {
  it.each(['before', 'after'])('middleware that wraps %s us has its say once', async when => {
    const { manager, store } = await setUp()
    store.before = () => sleep(20)
    let said = 0
    const server = await serve(async (req, res) => {
      const wrap = (): void => {
        shout(res)
        onHeaders(res, () => {
          said++
          res.setHeader('X-Response-Time', '1ms')
          expect(res.headersSent).toBe(false)
        })
      }
      if (when === 'before') wrap()
      const session = await manager.sessionStart(req, res)
      if (when === 'after') wrap()
      session.set('user', 'astaxie')
      if (req.url === '/head') res.writeHead(200, { 'X-One': '1' })
      res.write('do')
      res.end('ne')
    }, protocol)
    for (const path of ['/', '/head']) {
      const reply = await server.ask({ path })
      expect(reply).toMatchObject({ status: 200, body: 'DONE', headers: { 'x-response-time': '1ms' } })
      expect(reply.setCookies).toHaveLength(1)
    }
    expect(said).toBe(2)
    expect(server.thrown).toEqual([])
  })

  it.each(['flushHeaders', 'write'] as const)(
    '%s first lets middleware begin, so that no part of the body goes past it',
    async first => {
      const { manager, store } = await setUp()
      store.before = () => sleep(20)
      const server = await serve(async (req, res) => {
        const session = await manager.sessionStart(req, res)
        let isOn = false
        const { write, end } = res as unknown as Wrapped
        const shouted = (chunk: unknown): unknown => (isOn ? String(chunk).toUpperCase() : chunk)
        // As the package compression: its listener decides, at the first writeHead, what becomes of the body.
        onHeaders(res, () => {
          if (req.url === '/refused') throw new Error('refused')
          isOn = true
          res.setHeader('Content-Language', 'loud')
        })
        Object.assign(res, {
          write: (chunk: unknown) => write.call(res, shouted(chunk)),
          end: (chunk: unknown) => end.call(res, shouted(chunk)),
        })
        session.set('user', 'astaxie')
        if (first === 'flushHeaders') res.flushHeaders()
        else write.call(res, 'to ')
        res.write('do')
        res.end('ne')
      }, protocol)
      expect(await server.ask()).toMatchObject({
        status: 200,
        body: first === 'write' ? 'to DONE' : 'DONE',
        headers: { 'content-language': 'loud' },
      })
      expect(server.thrown).toEqual([])
      expect(await server.ask({ path: '/refused' })).toMatchObject({ status: 500, body: 'handler failed' })
      expect(server.thrown).toMatchObject([{ message: 'refused' }])
    },
  )

  it('two managers put two cookies on one response, both saved before it leaves', async () => {
    const users = await setUp({ cookieName: 'user' })
    const carts = await setUp({ cookieName: 'cart' })
    users.store.before = () => sleep(20)
    carts.store.before = () => sleep(50)
    const server = await serve(async (req, res) => {
      const user = await users.manager.sessionStart(req, res)
      const cart = await carts.manager.sessionStart(req, res)
      const n = user.update('n', (n = 0) => n + 1)
      const m = cart.update('n', (n = 0) => n + 10)
      res.setHeader('Set-Cookie', 'theme=dark')
      res.write(`${n} `)
      res.end(String(m))
    }, protocol)
    const browser = new Browser()
    const first = await browser.open(server)
    expect(first.setCookies.map(line => parseCookie(line).name).sort()).toEqual(['cart', 'theme', 'user'])
    const second = await browser.go(server)
    expect(second.body).toBe('2 20')
    expect(second.setCookies.map(line => parseCookie(line).name)).toEqual(['theme'])
  })

  it.each(['users', 'carts'] as const)(
    'if one of two managers fails to save, it is a 500: %s',
    async failing => {
      const setups = {
        users: await setUp({ cookieName: 'user' }),
        carts: await setUp({ cookieName: 'cart' }),
      }
      setups[failing].store.before = () => {
        throw new Error('down')
      }
      const server = await serve(async (req, res) => {
        for (const { manager } of Object.values(setups))
          (await manager.sessionStart(req, res)).set('user', 'astaxie')
        res.writeHead(200, { ETag: '1' })
        res.end('welcome')
      }, protocol)
      const reply = await server.ask()
      expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error' })
      expect(reply.headers.etag).toBeUndefined()
      expect(reply.setCookies.map(line => parseCookie(line).name)).not.toContain(failing.slice(0, -1))
    },
  )
})
