import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Manager, type ManagerOptions, newManager } from '@sess/core'
import { fromRecordStore, fromSealedStore, MemoryStore } from '@sess/core/engine'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AESStore } from './support/aes-store.ts'
import { Browser } from './support/browser.ts'
import { type Data, record } from './support/managers.ts'
import { protocols, type Server, serve } from './support/servers.ts'

// An engine that saves at once: nothing waits, and a failure is answered as any other.

type Handler = (manager: Manager<Data>, req: IncomingMessage, res: ServerResponse) => unknown

async function over(engine: 'memory' | 'sealed', options: ManagerOptions = {}): Promise<Manager<Data>> {
  const store =
    engine === 'memory' ? fromRecordStore(new MemoryStore({ clock: Date })) : fromSealedStore(new AESStore(1))
  const manager = await newManager<Data>(store, options)
  onTestFinished(() => manager.close())
  return manager
}

async function setUp(
  protocol: Server['protocol'],
  engine: 'memory' | 'sealed',
  handler: Handler,
  options: ManagerOptions = {},
) {
  const manager = await over(engine, options)
  const server = await serve((req, res) => handler(manager, req, res), protocol)
  return { manager, server, happenings: record(manager), browser: new Browser() }
}

const tooMuch = 'x'.repeat(5000)

describe.each(protocols)('over %s', protocol => {
  it.each(['memory', 'sealed'] as const)('%s: the headers have left when `end` returns', async engine => {
    const sent: boolean[] = []
    const { server, browser } = await setUp(protocol, engine, async (manager, req, res) => {
      const session = await manager.sessionStart(req, res)
      session.set('n', (session.get('n') ?? 0) + 1)
      sent.push(res.headersSent)
      res.end(String(session.get('n')))
      sent.push(res.headersSent)
    })
    expect(await browser.go(server)).toMatchObject({ status: 200, body: '1' })
    expect(await browser.go(server)).toMatchObject({ status: 200, body: '2' })
    expect(sent).toEqual([false, true, false, true])
  })

  it('what is changed after `end` is saved as soon as the response is over', async () => {
    const { server, browser } = await setUp(protocol, 'memory', async (manager, req, res) => {
      const session = await manager.sessionStart(req, res)
      if (req.url === '/late') {
        session.set('n', 1)
        res.end()
        session.set('n', 2)
      } else res.end(String(session.get('n')))
    })
    await browser.go(server, '/late')
    await expect.poll(async () => (await browser.go(server)).body).toBe('2')
  })

  it.each<[string, (res: ServerResponse) => unknown]>([
    ['end', res => res.end('welcome')],
    [
      'write, write, end',
      res => {
        res.setHeader('Content-Length', 7)
        res.write('wel')
        res.write('co')
        res.end('me')
      },
    ],
    ['writeHead, end', res => res.writeHead(200, { ETag: '1' }).end('welcome')],
  ])('a save that fails at once is a plain 500, whatever the handler still says: %s', async (_, answer) => {
    const { server, browser, happenings } = await setUp(protocol, 'sealed', async (manager, req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', tooMuch)
      answer(res)
    })
    const reply = await browser.go(server)
    expect(reply).toMatchObject({ status: 500, setCookies: [] })
    expect(reply.body).not.toContain('wel')
    expect(reply.headers).not.toHaveProperty('etag')
    expect(happenings).toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_TOO_LARGE' } } }])
  })

  it('an answer to a failure may take its time: the handler does not answer in its place', async () => {
    const { server, browser } = await setUp(
      protocol,
      'sealed',
      async (manager, req, res) => {
        ;(await manager.sessionStart(req, res)).set('user', tooMuch)
        res.write('wel')
        res.end('come')
      },
      {
        onSaveError: (_error, _req, res) => {
          setTimeout(() => res.end('sorry'), 20)
        },
      },
    )
    expect(await browser.go(server)).toMatchObject({ status: 500, body: 'sorry' })
  })

  it('changes that could not be saved are still there for the next attempt', async () => {
    const { server, browser } = await setUp(protocol, 'sealed', async (manager, req, res) => {
      const session = await manager.sessionStart(req, res)
      session.set('n', 1)
      session.set('user', tooMuch)
      const code = await session.sessionRelease().catch(error => error.code)
      session.delete('user')
      res.end(`${code} ${session.get('n')}`)
    })
    const reply = await browser.go(server)
    expect(reply).toMatchObject({ status: 200, body: 'ERR_TOO_LARGE 1' })
    expect(reply.setCookies).toHaveLength(1)
  })
})

it('a save that fails after the response is over is told by an event, and by nothing else', async () => {
  const { server, browser, happenings } = await setUp('http', 'sealed', async (manager, req, res) => {
    const session = await manager.sessionStart(req, res)
    res.end('done')
    session.set('n', 1)
  })
  expect(await browser.go(server)).toMatchObject({ status: 200, setCookies: [] })
  await expect
    .poll(() => happenings)
    .toMatchObject([{ name: 'saveError', event: { error: { code: 'ERR_HEADERS_SENT' } } }])
})
