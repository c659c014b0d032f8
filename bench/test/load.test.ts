import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { answer, type Handler } from '../src/contender.ts'
import { connect } from '../src/load.ts'

let server: Server

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

async function listen(handler: Handler): Promise<number> {
  server = createServer(handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('the load generator', () => {
  const loggedIn: Handler = (_req, res) => {
    res.setHeader('Set-Cookie', 'id=1; Path=/')
    answer(res, 'hello')
  }

  it('counts a wrong body as an error', async () => {
    const port = await listen((req, res) => (req.url === '/login' ? loggedIn(req, res) : answer(res, '1')))
    const visitors = await connect({ port, route: 'change', connections: 1, stateful: true })
    const { errors, requests, firstError } = await visitors.run({ requests: 5 })
    // The first answer was right; the counter then stood still.
    expect(requests).toBeGreaterThan(1)
    expect(errors).toBe(requests - 1)
    expect(firstError).toBe('/change answered 200 "1" instead of 200 "2"')
    visitors.close()
  })

  it('counts a wrong status as an error, and sends the cookie that it was given', async () => {
    const port = await listen((req, res) => {
      if (req.url === '/login') return loggedIn(req, res)
      res.statusCode = req.headers.cookie === 'id=1' ? 500 : 200
      answer(res, 'hello')
    })
    const visitors = await connect({ port, route: 'untouched', connections: 1, stateful: true })
    const { errors, requests } = await visitors.run({ requests: 5 })
    expect(requests).toBeGreaterThan(0)
    expect(errors).toBe(requests)
    visitors.close()
  })

  it('refuses a server whose login fails or sets no cookie', async () => {
    const port = await listen((_req, res) => answer(res, 'hello'))
    const target = { port, route: 'read', connections: 1 } as const
    await expect(connect({ ...target, stateful: true })).rejects.toThrow('/login set no cookie')
    server.removeAllListeners('request').on('request', (_req, res: Parameters<Handler>[1]) => {
      res.statusCode = 500
      answer(res, '')
    })
    await expect(connect({ ...target, stateful: true })).rejects.toThrow('/login answered 500')
  })

  it('fails when the server goes away', async () => {
    const port = await listen(loggedIn)
    const visitors = await connect({ port, route: 'untouched', connections: 1, stateful: true })
    const running = visitors.run({ seconds: 10 })
    setTimeout(() => server.closeAllConnections(), 20)
    await expect(running).rejects.toThrow(/closed|ECONNRESET|EPIPE/)
    await expect(visitors.run({ requests: 1 })).rejects.toThrow('closed')
  })
})
