import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { COOKIE, setUp } from './support/managers.ts'
import { type Protocol, type Reply, serve } from './support/servers.ts'

// What a handler gives to writeHead arrives as without sessions, and the session's cookie beside it.

type WriteHead = (res: ServerResponse) => unknown
const pairs = [
  ['X-One', '1'],
  ['Set-Cookie', 'theme=dark'],
  ['Set-Cookie', 'lang=en'],
  ['Cache-Control', 'no-cache'],
]
const object = { 'X-One': '1', 'Set-Cookie': ['theme=dark', 'lang=en'], 'Cache-Control': 'no-cache' }
const listed = (headers: unknown): OutgoingHttpHeaders => headers as OutgoingHttpHeaders

const forms: Record<string, WriteHead> = {
  'status, object': res => res.writeHead(201, object),
  'status, message, object': res => res.writeHead(201, 'Made', object),
  'status, nothing, object': res => res.writeHead(201, undefined, object),
  'status, flat list': res => res.writeHead(201, pairs.flat()),
  'status, message, flat list': res => res.writeHead(201, 'Made', pairs.flat()),
  'status, list of pairs': res => res.writeHead(201, listed(pairs)),
  'setHeader, then status': res => {
    for (const [name, value] of Object.entries(object)) res.setHeader(name, value)
    res.writeHead(201)
  },
  'setHeader, overridden by writeHead': res => {
    res.setHeader('X-One', 'overridden')
    res.setHeader('Cache-Control', 'public')
    res.setHeader('Set-Cookie', 'overridden=1')
    res.writeHead(201, object)
  },
}

async function reply(writeHead: WriteHead, protocol: Protocol): Promise<Reply> {
  const { manager } = await setUp()
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    writeHead(res)
    res.end('made')
  }, protocol)
  const answer = await server.ask()
  expect(server.thrown).toEqual([])
  return answer
}

describe.each(['http', 'h2c'] as const)('over %s', protocol => {
  // HTTP/2 has no message, and Node warns who gives one.
  const known = Object.entries(forms).filter(([form]) => protocol === 'http' || !form.includes('message'))
  it.each(known)('writeHead(%s)', async (_, writeHead) => {
    const { status, headers, setCookies, body } = await reply(writeHead, protocol)
    expect({ status, body }).toEqual({ status: 201, body: 'made' })
    expect(headers['x-one']).toBe('1')
    expect(headers['cache-control']).toBe('private, no-cache')
    expect(setCookies.map(line => line.split('=')[0])).toEqual(['theme', 'lang', COOKIE])
  })
})

it('the status message arrives', async () => {
  const { status, statusMessage } = await reply(res => res.writeHead(201, 'Freshly Made', object), 'http')
  expect({ status, statusMessage }).toEqual({ status: 201, statusMessage: 'Freshly Made' })
})

it.each([
  ['status', 201.7],
  ['text', '201'],
])('the message fits a %s of writeHead that Node makes a whole number', async (_, status) => {
  const { statusMessage } = await reply(res => res.writeHead(status as number), 'http')
  expect(statusMessage).toBe('Created')
})

it('names of headers keep their case', async () => {
  const { headerNames } = await reply(
    res => res.writeHead(200, { 'X-RateLimit-Left': '3', ETag: '"1"' }),
    'http',
  )
  expect(headerNames).toContain('X-RateLimit-Left')
  expect(headerNames).toContain('ETag')
})

it('a session cookie that the handler makes up itself is replaced by the real one', async () => {
  const { setCookies } = await reply(res => res.writeHead(200, { 'Set-Cookie': `${COOKIE}=made-up` }), 'http')
  expect(setCookies).toHaveLength(1)
  expect(setCookies[0]).toMatch(new RegExp(`^${COOKIE}=[0-9a-f]{32};`))
})

it('an odd flat list is refused, as Node refuses it', async () => {
  const { manager } = await setUp()
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.writeHead(200, ['X-One', '1', 'X-Two'])
  })
  const { status, setCookies } = await server.ask()
  expect(status).toBe(500)
  expect(setCookies).toHaveLength(1)
  expect(server.thrown).toMatchObject([{ code: expect.stringMatching(/^ERR_/) }])
})
