import { Readable } from 'node:stream'
import { type Manager, newManager } from '@sess/core'
import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { sessions } from '@sess/fastify'
import { Browser } from '@sess/testkit/adapter'
import fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

// What only Fastify has; what all adapters do is in the conformance tests.

let app: FastifyInstance
let store: MemoryStore
let manager: Manager

beforeEach(async () => {
  app = fastify()
  store = new MemoryStore({ clock: Date })
  manager = await newManager(fromRecordStore(store))
})
afterEach(async () => {
  await app.close()
  await manager.close()
})

async function listen(): Promise<Browser> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return new Browser((app.server.address() as { port: number }).port)
}

const refuse = () => {
  store.create = () => {
    throw new Error('backend down')
  }
}

describe('contexts', () => {
  it('have sessions where they register the plugin, and below', async () => {
    app.get('/outside', async request => String(request.session))
    await app.register(async child => {
      await child.register(sessions, { manager })
      child.get('/inside', async request => request.session.isStarted)
      await child.register(async grandchild => {
        grandchild.get('/below', async request => request.session.isStarted)
      })
    })
    const browser = await listen()
    const bodies = []
    for (const path of ['/outside', '/inside', '/below']) bodies.push((await browser.ask(path)).body)
    expect(bodies).toEqual(['undefined', 'true', 'true'])
  })

  it('have sessions of their own kind inside of others', async () => {
    await app.register(sessions, { manager })
    await app.register(async child => {
      await child.register(sessions, { manager, sessionOn: false })
      child.get('/off', async request => request.session.isOff)
    })
    app.get('/on', async request => request.session.isOff)
    const browser = await listen()
    expect((await browser.ask('/off')).body).toBe('true')
    expect((await browser.ask('/on')).body).toBe('false')
  })

  it('have them for requests that find no route', async () => {
    app.setNotFoundHandler(async (request, reply) => {
      request.session.set('lost', request.url)
      return reply.code(404).send('lost')
    })
    await app.register(sessions, { manager })
    const reply = await (await listen()).ask('/nowhere')
    expect(reply).toMatchObject({ status: 404, body: 'lost' })
    expect(reply.setCookies).toHaveLength(1)
  })
})

describe('options of a route', () => {
  it('count though the route was declared before the plugin was loaded', async () => {
    app.register(sessions, { manager })
    app.get('/', { config: { session: { lazy: true } } }, async request => request.session.isStarted)
    const browser = await listen()
    expect((await browser.ask('/')).body).toBe('false')
    expect((await browser.ask('/', { method: 'HEAD' })).headers['content-length']).toBe('5')
  })

  it('are checked when it is declared', async () => {
    await app.register(sessions, { manager })
    const session = { lasy: true } as object
    expect(() => app.get('/', { config: { session } }, async () => '')).toThrow(/no option 'lasy'/)
  })
})

it('says what is wrong with the options when it is registered', async () => {
  const options = { manager: newManager('memory') } as object as { manager: Manager }
  await expect(app.register(sessions, options)).rejects.toMatchObject({ code: 'ERR_CONFIG' })
})

describe('a hijacked reply', () => {
  beforeEach(async () => {
    await app.register(sessions, { manager })
    app.get('/', (request, reply) => {
      reply.hijack()
      request.session.set('n', 1)
      reply.raw.end('mine')
    })
  })

  it('waits for the save', async () => {
    const reply = await (await listen()).ask('/')
    expect(reply.body).toBe('mine')
    expect(reply.setCookies).toHaveLength(1)
  })

  it('is a plain 500 when the save fails', async () => {
    refuse()
    const reply = await (await listen()).ask('/')
    expect(reply).toMatchObject({ status: 500, body: 'Internal Server Error', setCookies: [] })
  })
})

it('lets go of a stream that is not sent because the save fails', async () => {
  refuse()
  await app.register(sessions, { manager })
  const body = Readable.from(['never sent'])
  app.get('/', async (request, reply) => {
    request.session.set('n', 1)
    return reply.header('ETag', '"1"').code(201).send(body)
  })
  const reply = await (await listen()).ask('/')
  expect(reply.status).toBe(500)
  expect(JSON.parse(reply.body)).toMatchObject({ statusCode: 500, code: 'ERR_BACKEND' })
  expect(reply.headers).not.toHaveProperty('etag')
  expect(body.destroyed).toBe(true)
})

it('adds its cookie to those of the handler', async () => {
  await app.register(sessions, { manager })
  app.get('/', async (request, reply) => {
    request.session.set('n', 1)
    return reply.header('Set-Cookie', ['a=1', 'b=2']).send('')
  })
  const { setCookies } = await (await listen()).ask('/')
  expect(setCookies).toEqual(['a=1', 'b=2', expect.stringContaining('HttpOnly')])
})

it('sends an answer that the client has already after the save, too', async () => {
  await app.register(sessions, { manager })
  app.addHook('onSend', async (request, reply) => {
    if (request.headers['if-none-match'] !== '"1"') return undefined
    reply.code(304)
    return ''
  })
  app.get('/', async (request, reply) => {
    request.session.set('seen', true)
    reply.header('ETag', '"1"')
    return 'hello'
  })
  const reply = await (await listen()).ask('/', { headers: { 'if-none-match': '"1"' } })
  expect([reply.status, reply.setCookies.length, await manager.getActiveSession()]).toEqual([304, 1, 1])
})

it.each<[string, FastifyServerOptions['trustProxy'], boolean]>([
  ['an address', '127.0.0.1', true],
  ['another network', '192.0.2.0/24', false],
  ['a list', ['192.0.2.1', '127.0.0.1'], true],
  ['a function', address => address === '127.0.0.1', true],
  ['a function that says no', () => false, false],
])('believes the proxies of trustProxy: %s', async (_, trustProxy = false, isSecure) => {
  app = fastify({ trustProxy })
  await app.register(sessions, { manager })
  app.get('/', async request => request.session.update('n', () => 1))
  const { setCookies } = await (await listen()).ask('/', { headers: { 'x-forwarded-proto': 'https' } })
  expect(/; Secure/.test(setCookies[0] as string)).toBe(isSecure)
})

it('works with app.inject', async () => {
  await app.register(sessions, { manager })
  app.get('/', async request => request.session.update('n', n => ((n as number) ?? 0) + 1))
  const first = await app.inject('/')
  const [cookie] = first.cookies as [{ name: string; value: string }]
  const second = await app.inject({ url: '/', cookies: { [cookie.name]: cookie.value } })
  expect([first.body, second.body]).toEqual(['1', '2'])
})
