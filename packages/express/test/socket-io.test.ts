import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { newManager } from '@sess/core'
import { type SessionRequest, sessions } from '@sess/express'
import express from 'express'
import { Server } from 'socket.io'
import { connect, type Socket } from 'socket.io-client'
import { expect, it, onTestFinished } from 'vitest'

// socket.io takes Express middleware for its own requests: of polling, and of the upgrade to a WebSocket.

const sessionOf = (request: IncomingMessage) => (request as SessionRequest).session

async function chat(): Promise<{ url: string; cookie: string }> {
  const manager = await newManager('memory')
  const app = express()
  app.use(sessions(manager))
  app.get('/in', (req, res) => {
    req.session.set('user', 'ann')
    res.end()
  })
  app.get('/out', (req, res) => {
    req.session.destroy()
    res.end()
  })
  app.get('/seen', (req, res) => res.json(req.session.get('seen') ?? 0))
  const server = createServer(app)
  const io = new Server(server)
  io.engine.use(sessions(manager))
  io.on('connection', socket => {
    const session = sessionOf(socket.request)
    socket.on('who', answer => answer(session.get('user') ?? 'nobody'))
    socket.on('see', async answer => {
      session.update('seen', (n: unknown = 0) => (n as number) + 1)
      await session.sessionRelease()
      answer()
    })
    socket.on('still', async answer => {
      await session.reload()
      answer(!session.isEnded)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    await io.close()
    await manager.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const response = await fetch(`${url}/in`)
  return { url, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
}

function open(url: string, cookie: string, transport: string): Socket {
  const socket = connect(url, { transports: [transport], extraHeaders: { cookie }, forceNew: true })
  onTestFinished(() => void socket.close())
  return socket
}

it.each(['websocket', 'polling'])(
  'a socket reads and changes the session of its visitor, and sees that the visitor has logged out: %s',
  async transport => {
    const { url, cookie } = await chat()
    const headers = { cookie }
    const socket = open(url, cookie, transport)
    expect(await socket.emitWithAck('who')).toBe('ann')
    await socket.emitWithAck('see')
    await socket.emitWithAck('see')
    expect(await (await fetch(`${url}/seen`, { headers })).json()).toBe(2)
    expect(await socket.emitWithAck('still')).toBe(true)
    await fetch(`${url}/out`, { headers })
    expect(await socket.emitWithAck('still')).toBe(false)
    expect(await socket.emitWithAck('who')).toBe('nobody')
  },
)

it.each(['websocket', 'polling'])('a socket without a cookie is nobody’s: %s', async transport => {
  const { url } = await chat()
  expect(await open(url, '', transport).emitWithAck('who')).toBe('nobody')
})
