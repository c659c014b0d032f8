import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import type { ManagerOptions } from '@sess/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Browser } from './support/browser.ts'
import { COOKIE, record, setUp } from './support/managers.ts'
import { type Handler, serve } from './support/servers.ts'
import { uncaught } from './support/uncaught.ts'

// Whoever has a session's id has the session: it is in the cookie, and nowhere else.

const show = (value: unknown): string =>
  inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null, maxArrayLength: null })

const channels = [
  'created',
  'destroyed',
  'regenerated',
  'extended',
  'dropped',
  'conflict',
  'saveError',
  'sweepError',
  'swept',
  'cacheControl',
]

/** All that is published on the diagnostics channels while the test runs. */
function subscribed(): { name: string; message: unknown }[] {
  const messages: { name: string; message: unknown }[] = []
  for (const name of channels) {
    const listener = (message: unknown): void => void messages.push({ name, message })
    channel(`sess:${name}`).subscribe(listener)
    onTestFinished(() => void channel(`sess:${name}`).unsubscribe(listener))
  }
  return messages
}

describe.each<[string, ManagerOptions]>([
  ['plain ids', {}],
  ['tagged ids', { hashKey: 'the secret key' }],
])('%s', (_, options) => {
  it('no event and no diagnostics message has one, and both tell the same', async () => {
    const { manager, store } = await setUp(options)
    const happenings = record(manager)
    const messages = subscribed()
    const ids = new Set<string>()
    const acts: Record<string, Handler> = {
      '/set': async (req, res) => (await manager.sessionStart(req, res)).set('user', 'astaxie'),
      '/login': (req, res) => manager.sessionRegenerateId(req, res),
      '/logout': (req, res) => manager.sessionDestroy(req, res),
      '/late': async (req, res) => {
        const session = await manager.sessionStart(req, res)
        session.set('user', 'late')
        await manager.getProvider().sessionDestroy(manager.storageID(session.sessionID()))
      },
    }
    const server = await serve(async (req, res) => {
      await acts[req.url ?? '']?.(req, res)
      ids.add((await manager.sessionStart(req, res)).sessionID())
      res.setHeader('Cache-Control', 'public')
      res.end()
    })
    const browser = new Browser()
    for (const path of ['/set', '/login', '/set', '/logout', '/set', '/late', '/set']) {
      await browser.go(server, path)
      for (const value of browser.cookies.values()) ids.add(value)
    }
    store.before = () => {
      throw new Error(`failed at ${browser.header}`)
    }
    expect((await browser.go(server, '/set')).status).toBe(500)
    store.before = ({ method }) => {
      if (method !== 'load') throw Object.assign(new Error('down'), { code: 'EDOWN' })
    }
    expect((await browser.go(server, '/set')).status).toBe(500)

    const seen = new Set(happenings.map(({ name }) => name))
    expect([...seen].sort()).toEqual(
      ['cacheControl', 'conflict', 'created', 'destroyed', 'dropped', 'regenerated', 'saveError'].sort(),
    )
    expect(messages.map(({ name, message }) => ({ name, event: message }))).toEqual(happenings)
    expect(ids.size).toBeGreaterThan(3)
    const text = show(happenings)
    for (const id of ids) {
      expect(text).not.toContain(id)
      expect(text).not.toContain(id.slice(0, 32))
    }
    for (const { event } of happenings) if ('id' in event) expect(event.id).toMatch(/^[0-9a-f]{64}$/)
    // The ids are those that the store knows.
    const first = happenings.find(({ name }) => name === 'created')?.event as { id: string }
    expect([...ids].map(id => manager.storageID(id))).toContain(first.id)
  })

  it('the store is handed hashes', async () => {
    const { manager, store } = await setUp(options)
    const server = await serve(async (req, res) => {
      ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
      res.end()
    })
    const browser = new Browser()
    await browser.go(server)
    await browser.go(server)
    const id = browser.cookies.get(COOKIE) as string
    expect(store.calls.map(call => call.id)).toEqual(store.calls.map(() => manager.storageID(id)))
    expect(manager.storageID(id)).toMatch(/^[0-9a-f]{64}$/)
    expect(manager.storageID(id)).not.toContain(id.slice(0, 32))
  })
})

it('inspecting or stringifying a session, a manager, a request or a response shows none', async () => {
  const { manager } = await setUp({ hashKey: 'the secret key' })
  const shown: string[] = []
  let id = ''
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    session.set('user', 'astaxie')
    id = session.sessionID()
    shown.push(inspect(session, { depth: 20, showHidden: true }), show(manager), JSON.stringify(session))
    shown.push(`${session}`, JSON.stringify({ session }), JSON.stringify(manager))
    delete req.headers.cookie
    shown.push(inspect(req, { depth: 3 }), inspect(res, { depth: 3 }))
    await session.sessionRelease()
    shown.push(inspect(session, { depth: 20, showHidden: true }))
    res.end()
  })
  await server.ask()
  expect(shown).toHaveLength(9)
  for (const text of shown) {
    expect(text).not.toContain(id.slice(0, 32))
    expect(text).not.toContain('the secret key')
  }
})

it('no error has one, whatever the backend throws', async () => {
  const { manager, store } = await setUp({ timeout: 50 })
  const errors: unknown[] = []
  const ids = new Set<string>()
  const server = await serve(async (req, res) => {
    const session = await manager.sessionStart(req, res)
    ids.add(session.sessionID())
    if (req.url !== '/') {
      store.before = async ({ id }) => {
        if (req.url === '/hang') await new Promise(() => undefined)
        throw Object.assign(new Error(`cannot write ${id}`), { code: 'EWRITE' })
      }
      session.set('function', 1)
      await session.sessionRelease().catch(error => errors.push(error))
      await manager.sessionRegenerateId(req, res).catch(error => errors.push(error))
      await manager.sessionDestroy(req, res).catch(error => errors.push(error))
      store.before = () => undefined
      try {
        session.set('function', () => undefined)
      } catch (error) {
        errors.push(error)
      }
    } else session.set('user', 'astaxie')
    res.end()
  })
  const browser = new Browser()
  await browser.go(server)
  await browser.go(server, '/fail')
  await browser.go(server, '/hang')
  for (const value of browser.cookies.values()) ids.add(value)
  expect(errors.length).toBe(8)
  for (const id of ids) expect(errors.map(show).join('\n')).not.toContain(id)
  expect(errors.map(error => (error as { code: string }).code)).toEqual([
    'ERR_OUTCOME_UNKNOWN',
    'ERR_OUTCOME_UNKNOWN',
    'ERR_OUTCOME_UNKNOWN',
    'ERR_VALUE',
    'ERR_TIMEOUT',
    'ERR_TIMEOUT',
    'ERR_TIMEOUT',
    'ERR_VALUE',
  ])
})

it('a listener that throws surfaces, and the visitor is served', async () => {
  const { manager } = await setUp()
  const surfaced = uncaught()
  const mishap = new Error('a listener failed')
  manager.on('created', () => {
    throw mishap
  })
  const server = await serve(async (req, res) => {
    ;(await manager.sessionStart(req, res)).set('user', 'astaxie')
    res.end('done')
  })
  expect(await server.ask()).toMatchObject({ status: 200, body: 'done' })
  await surfaced.first
  expect(surfaced.errors).toEqual([mishap])
})
