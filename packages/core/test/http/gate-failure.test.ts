import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { COOKIE, record, setUp } from './support/managers.ts'
import { door, sleep } from './support/probe-store.ts'
import { protocols, type Server, serve } from './support/servers.ts'

// A failed save is a 500, never a 200, and nothing hangs.

const down = (): never => {
  throw Object.assign(new Error('backend down'), { code: 'ECONNREFUSED' })
}

async function failing(
  answer: (res: ServerResponse) => unknown,
  protocol: Server['protocol'] = 'http',
  options: ManagerOptions = {},
) {
  const { manager, store } = await setUp(options)
  const happenings = record(manager)
  store.before = ({ method }) => (method === 'load' ? undefined : down())
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    await answer(res)
  }, protocol)
  return { server, store, happenings }
}

const ways: Record<string, (res: ServerResponse) => unknown> = {
  end: res => res.end('welcome'),
  writeHead: res =>
    res
      .writeHead(200, {
        'Content-Type': 'text/html',
        'Content-Length': 7,
        ETag: '1',
        'Set-Cookie': 'a=b',
      })
      .end('welcome'),
  'setHeader, write': res => {
    res.setHeader('ETag', '1')
    res.setHeader('Set-Cookie', 'a=b')
    res.setHeader('Content-Length', 7)
    res.statusCode = 201
    res.write('wel')
    res.end('come')
  },
  flushHeaders: res => {
    res.flushHeaders()
    res.end('welcome')
  },
  pipe: res => Readable.from(['wel', 'come']).pipe(res),
}

describe.each(protocols)('over %s', protocol => {
  it.each(Object.entries(ways))('what was held is dropped, and a plain 500 sent: %s', async (_, answer) => {
    const { server, happenings } = await failing(answer, protocol)
    const reply = await server.ask()
    expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error', setCookies: [] })
    expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(reply.headers.etag).toBeUndefined()
    expect(happenings.map(({ name }) => name)).toEqual(['saveError'])
    expect(server.thrown).toEqual([])
  })

  it('onSaveError answers in its place', async () => {
    const errors: unknown[] = []
    const { server } = await failing(res => res.writeHead(200, { ETag: '1' }).end('welcome'), protocol, {
      onSaveError: (error, req, res) => {
        errors.push(error)
        res.writeHead(503, { 'Retry-After': '9' })
        res.end(`cannot save ${req.url}`)
      },
    })
    const reply = await server.ask({ path: '/login' })
    expect(reply).toMatchObject({ status: 503, body: 'cannot save /login', setCookies: [] })
    expect(reply.headers).toMatchObject({ 'retry-after': '9' })
    expect(reply.headers.etag).toBeUndefined()
    expect(errors).toMatchObject([{ code: 'ERR_BACKEND', cause: { code: 'ECONNREFUSED' } }])
  })

  it('onSaveError may answer later, and what the handler writes meanwhile is no 200', async () => {
    const { server } = await failing(
      async res => {
        res.write('wel')
        await sleep(30)
        res.end('come')
      },
      protocol,
      {
        onSaveError: async (_error, _req, res) => {
          await sleep(60)
          res.end('too late')
        },
      },
    )
    expect((await server.ask()).status).toBe(500)
  })

  it.each<[string, () => unknown]>([
    ['throws', down],
    ['rejects', async () => down()],
  ])('onSaveError that %s cuts the connection, and hurts nobody else', async (_, onSaveError) => {
    const { server, store } = await failing(res => res.end('welcome'), protocol, {
      onSaveError: onSaveError as () => void,
    })
    await expect(server.ask()).rejects.toThrow()
    store.before = () => undefined
    expect((await server.ask()).body).toBe('welcome')
  })

  it('a handler that goes on writing after the failure disturbs nothing', async () => {
    const answered = door()
    const { server } = await failing(
      async res => {
        res.write('wel')
        await answered.opened
        res.write('co')
        res.end('me')
      },
      protocol,
      {
        onSaveError: (_error, _req, res) => {
          res.end('not saved')
          answered.open()
        },
      },
    )
    expect(await server.ask()).toMatchObject({ status: 500, body: 'not saved' })
    expect((await server.ask()).status).toBe(500)
    expect(server.thrown).toEqual([])
  })

  it('a bad status in a held writeHead is answered', async () => {
    const { manager } = await setUp()
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.writeHead(protocol.startsWith('http') ? 99999 : 99)
      res.end('welcome')
    }, protocol)
    expect((await server.ask()).status).toBe(500)
  })

  it('a bad chunk in a held write is refused as Node refuses it', async () => {
    const { manager } = await setUp()
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.write({} as string)
      res.end()
    }, protocol)
    // HTTP/2 has begun the head by then.
    expect((await server.ask()).status).toBe(protocol.startsWith('h2') ? 200 : 500)
    expect(server.thrown).toMatchObject([{ code: 'ERR_INVALID_ARG_TYPE' }])
  })
})

it('the status message goes with the rest', async () => {
  const { server } = await failing(res => {
    res.statusCode = 201
    res.statusMessage = 'Freshly Made'
    res.end('made')
  })
  expect(await server.ask()).toMatchObject({ status: 500, statusMessage: 'Internal Server Error' })
})

it('a hanging backend is a 500 after the timeout', async () => {
  const { manager, store } = await setUp({ timeout: 100 })
  store.before = ({ method }) => method !== 'load' && new Promise(() => undefined)
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.end('welcome')
  })
  const start = performance.now()
  expect(await server.ask()).toMatchObject({ status: 500, setCookies: [] })
  expect(performance.now() - start).toBeLessThan(2500)
})

it('nobody who waits for a held call waits for ever', async () => {
  const called: string[] = []
  const settled = door()
  const { server } = await failing(async res => {
    res.write('wel', error => called.push(error ? 'write failed' : 'written'))
    res.end('come', () => called.push('end'))
    await pipeline(Readable.from(['a', 'b']), res).catch(() => undefined)
    settled.open()
  })
  expect((await server.ask()).status).toBe(500)
  await settled.opened
  await expect.poll(() => called.sort()).toEqual(['end', 'write failed'])
})

it('an object changed in place into what cannot be stored is a 500', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    if (req.url === '/') session.set('cart', { items: [] })
    else (session.get('cart') as { check?: unknown }).check = () => true
    res.end('welcome')
  })
  const [line = ''] = (await server.ask()).setCookies
  store.forget()
  const reply = await server.ask({ path: '/check', headers: { cookie: line.split(';')[0] as string } })
  expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error' })
  expect(server.thrown).toEqual([])
  expect(store.methods).toEqual(['load'])
})

it('a failed save is not tried again behind the 500', async () => {
  const { manager, store } = await setUp({
    onSaveError: (_error, _req, res) => {
      store.before = () => undefined
      store.forget()
      res.end('not counted')
    },
  })
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).update('n', (n = 0) => n + 1)
    res.end('counted')
  })
  const browser = new Browser()
  await browser.go(server)
  store.before = ({ method }) => (method === 'load' ? undefined : down())
  expect(await browser.go(server)).toMatchObject({ status: 500, body: 'not counted' })
  await sleep(30)
  expect(store.methods).toEqual([])
})

it('an id that was regenerated before the failure reaches the visitor, or the session would be lost', async () => {
  const { manager, store } = await setUp()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    if (req.url === '/login') {
      await manager.sessionRegenerateId(req, res)
      store.before = down
    }
    session.set('n', (session.get('n') ?? 0) + 1)
    res.setHeader('Cache-Control', 'public')
    res.end(String(session.get('n')))
  })
  const cookieOf = (lines: string[]): string => (lines[0] as string).split(';')[0] as string
  const first = cookieOf((await server.ask()).setCookies)
  const failed = await server.ask({ path: '/login', headers: { cookie: first } })
  expect(failed).toMatchObject({ status: 500, headers: { 'cache-control': 'private' } })
  const second = cookieOf(failed.setCookies)
  expect(second).toMatch(new RegExp(`^${COOKIE}=`))
  expect(second).not.toBe(first)
  store.before = () => undefined
  expect((await server.ask({ headers: { cookie: second } })).body).toBe('2')
})

it.each([
  ['CDN-Cache-Control', 'max-age=600'],
  ['Surrogate-Control', 'max-age=600'],
  ['X-Accel-Expires', '600'],
  ['X-Accel-Redirect', '/protected/report.pdf'],
])('the answer to a failed save keeps no %s of the answer that was not sent', async (name, value) => {
  const { manager, store } = await setUp()
  store.before = down
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.setHeader(name, value)
    res.end()
  })
  const reply = await server.ask()
  expect(reply.status).toBe(500)
  expect(reply.headers).not.toHaveProperty(name.toLowerCase())
})

it('headers that were never sent are no reason to give up: a refused writeHead can be mended', async () => {
  const { manager } = await setUp()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    expect(() => res.writeHead(99999)).toThrow(RangeError)
    session.set('user', 'astaxie')
    res.writeHead(200).end('welcome')
  })
  const reply = await server.ask()
  expect(reply).toMatchObject({ status: 200, body: 'welcome' })
  expect(reply.setCookies).toHaveLength(1)
})
