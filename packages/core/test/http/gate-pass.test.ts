import { Agent, request, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { COOKIE, setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'
import { type Handler, protocols, serve } from './support/servers.ts'

// A session that nobody changes costs the response nothing.

describe.each(protocols)('over %s', protocol => {
  it('an unchanged session passes: no cookie, no write, no delay', async () => {
    const { manager, store } = await setUp()
    let handed = 0
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/') session.set('user', 'astaxie')
      handed = performance.now()
      res.setHeader('Cache-Control', 'public, max-age=60')
      res.writeHead(200, { ETag: '"1"' })
      expect(req.url === '/' || res.headersSent).toBe(true)
      res.end(session.get('user'))
    }, protocol)
    const browser = new Browser()
    await browser.go(server)

    store.before = ({ method }) => (method === 'load' ? undefined : sleep(1000))
    store.forget()
    const reply = await browser.go(server, '/read')
    expect(performance.now() - handed).toBeLessThan(700)
    expect(reply).toMatchObject({ status: 200, body: 'astaxie', setCookies: [] })
    expect(reply.headers['cache-control']).toBe('public, max-age=60')
    expect(store.methods).toEqual(['load'])
  })

  it('a value set to what it was is a change like another, a value read in place is none', async () => {
    const { manager, store } = await setUp()
    const server = await serve(async (req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/') session.set('cart', { items: [1] })
      if (req.url === '/same') session.set('cart', { items: [1] })
      res.end(JSON.stringify(session.get('cart')))
    }, protocol)
    const browser = new Browser()
    await browser.go(server)
    store.forget()
    await browser.go(server, '/read')
    expect(store.methods).toEqual(['load'])
    store.forget()
    await browser.go(server, '/same')
    expect(store.methods).toEqual(['load', 'update'])
  })
})

const counter = async (): Promise<Handler> => {
  const { manager } = await setUp()
  return async (req, res) => {
    const session = await manager.sessionStart(req, res)
    const n = session.update('n', (n = 0) => n + 1)
    await sleep(n === 1 ? 40 : 0)
    res.setHeader('Content-Length', String(n).length)
    res.end(String(n))
  }
}

it('keep-alive: one connection, many changed sessions, no listener left behind', async () => {
  const handler = await counter()
  const listeners: number[] = []
  const server = await serve(async (req, res) => {
    await handler(req, res)
    listeners.push(req.socket.listenerCount('close') + req.socket.listenerCount('drain'))
  })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let cookie = ''
  let ports = new Set<number | undefined>()
  for (let i = 1; i <= 20; i++) {
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request(server.url, { agent, headers: cookie ? { cookie } : {} }, async response => {
        cookie ||= (response.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
        ports = ports.add(response.socket.localPort)
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(text)
      })
      asked.on('error', reject).end()
    })
    expect(body).toBe(String(i))
  }
  agent.destroy()
  expect(ports.size).toBe(1)
  expect(listeners).toHaveLength(20)
  expect(Math.max(...listeners)).toBe(listeners[0])
})

it('pipelined requests are answered in their order, the first one slow', async () => {
  const server = await serve(await counter())
  const socket = connect(server.port, '127.0.0.1')
  const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n'
  socket.write(`${request}\r\n${request}\r\n${request}Connection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += chunk
  const replies = text.split('HTTP/1.1 ').slice(1)
  expect(replies.map(reply => reply.slice(0, 6))).toEqual(['200 OK', '200 OK', '200 OK'])
  const cookies = replies.map(reply => new RegExp(`Set-Cookie: ${COOKIE}=(\\w+)`).exec(reply)?.[1])
  expect(new Set(cookies).size).toBe(3)
})

it('sessionStart many times in one request wraps the response once', async () => {
  const { manager } = await setUp()
  const server = await serve(async (req, res) => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => manager.sessionStart(req, res)))
    expect(new Set(sessions).size).toBe(1)
    expect(res.listenerCount('close')).toBeLessThanOrEqual(2)
    sessions[0]?.set('user', 'astaxie')
    res.end()
  })
  expect((await server.ask()).setCookies).toHaveLength(1)
  expect(server.thrown).toEqual([])
})

it('responses without a session are not touched', async () => {
  const before = Object.getOwnPropertyDescriptors(ServerResponse.prototype)
  const { manager } = await setUp()
  const server = await serve(async (req, res) => {
    if (req.url === '/session') (await manager.sessionStart(req, res)).set('user', 'astaxie')
    else expect(res.end).toBe(ServerResponse.prototype.end)
    res.end()
  })
  await server.ask({ path: '/session' })
  await server.ask()
  expect(server.thrown).toEqual([])
  expect(Object.getOwnPropertyDescriptors(ServerResponse.prototype)).toEqual(before)
})
