import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { over, record, setUp, TestClock } from './support/managers.ts'
import { serve } from './support/servers.ts'

// When sessions end, by a clock that the test moves.

async function site(options: ManagerOptions = {}) {
  const clock = new TestClock()
  const setup = await setUp({ clock, maxLifetime: 1000, ...options })
  const server = await serve(async (req, res) => {
    const session = await setup.manager.sessionStart(req, res)
    if (req.url === '/short') session.setLifetime(100)
    if (req.url !== '/') session.update('n', (n = 0) => n + 1)
    res.end(JSON.stringify([session.get('n') ?? 0, session.createdAt, session.expiresAt]))
  })
  const browser = new Browser()
  const visit = async (path = '/'): Promise<{ n: number; createdAt: number; expiresAt: number }> => {
    const [n, createdAt, expiresAt] = JSON.parse((await browser.go(server, path)).body)
    return { n, createdAt, expiresAt }
  }
  return { ...setup, clock, server, browser, visit }
}

describe('idle lifetime', () => {
  it('a session ends when nobody came for maxLifetime, to the millisecond', async () => {
    const { clock, visit } = await site()
    await visit('/set')
    clock.tick(999.999)
    expect((await visit()).n).toBe(1)
    clock.tick(1000)
    expect((await visit()).n).toBe(0)
  })

  it('reading keeps it alive', async () => {
    const { clock, visit } = await site()
    await visit('/set')
    for (let i = 0; i < 20; i++) {
      clock.tick(900)
      expect((await visit()).n).toBe(1)
    }
  })

  it('a visitor who comes back too late gets a new session under a new id', async () => {
    const { clock, visit, browser, manager } = await site()
    const { createdAt } = await visit('/set')
    const old = browser.header
    clock.tick(1000)
    await visit('/set')
    expect(browser.header).not.toBe(old)
    expect((await visit()).n).toBe(1)
    expect((await visit()).createdAt).toBe(createdAt + 1_000_000)
    expect(await manager.getActiveSession()).toBe(1)
  })

  it('createdAt and expiresAt say so', async () => {
    const { clock, visit } = await site()
    const now = clock.now()
    expect(await visit()).toEqual({ n: 0, createdAt: now, expiresAt: now + 1_000_000 })
    await visit('/set')
    clock.tick(50)
    expect(await visit()).toEqual({ n: 1, createdAt: now, expiresAt: now + 1_000_000 })
    await visit('/set')
    expect(await visit()).toEqual({ n: 2, createdAt: now, expiresAt: now + 1_050_000 })
  })

  it('is that of the manager that saved it', async () => {
    const { clock, store, visit, browser } = await site()
    await visit('/set')
    const shorter = await over(store, { clock, maxLifetime: 10 })
    const reader = await serve(async (req, res) => {
      res.end(String((await shorter.sessionStart(req, res)).get('n')))
    })
    clock.tick(500)
    expect((await browser.go(reader)).body).toBe('1')
  })
})

describe('absolute lifetime', () => {
  it('ends a session however much it is used', async () => {
    const { clock, visit } = await site({ absoluteLifetime: 3000 })
    const { createdAt } = await visit('/set')
    for (let i = 1; i < 6; i++) {
      clock.tick(500)
      expect((await visit(i % 2 ? '/set' : '/')).n).toBeGreaterThan(0)
    }
    expect((await visit()).expiresAt).toBe(createdAt + 3_000_000)
    clock.tick(499.999)
    expect((await visit()).n).toBeGreaterThan(0)
    clock.tick(0.001)
    expect((await visit()).n).toBe(0)
  })

  it('asks for no extension that gains nothing', async () => {
    const { clock, visit, store } = await site({ absoluteLifetime: 1000, touchEvery: 0 })
    await visit('/set')
    store.forget()
    clock.tick(900)
    await visit()
    expect(store.methods).toEqual(['load'])
  })
})

describe('touchEvery', () => {
  it('as long as the lifetime would end the session of an active visitor, so it is refused', async () => {
    for (const options of [
      { touchEvery: 1000 },
      { touchEvery: 5000 },
      { touchEvery: 200, cookieLifeTime: 200 },
    ])
      await expect(site(options)).rejects.toMatchObject({
        code: 'ERR_CONFIG',
        message: expect.stringContaining('touchEvery'),
      })
    await site({ touchEvery: 999 })
    await site({ touchEvery: 500, absoluteLifetime: 400 })
  })

  it('longer than the lifetime of one session keeps its visitor all the same', async () => {
    const { clock, visit } = await site({ touchEvery: 900 })
    await visit('/short')
    for (let i = 0; i < 20; i++) {
      clock.tick(85)
      expect((await visit()).n).toBe(1)
    }
  })

  it.each([
    [undefined, 10],
    [250, 4],
    [50, 20],
    [0, 20],
    [0xffffffff, 0],
  ])('%s: %i extensions in the time of one lifetime', async (touchEvery, extensions) => {
    const { clock, visit, store, manager } = await site(touchEvery === undefined ? {} : { touchEvery })
    const happenings = record(manager)
    await visit('/set')
    store.forget()
    for (let i = 0; i < 20; i++) {
      clock.tick(50)
      await visit()
    }
    expect(store.methods.filter(method => method === 'extend')).toHaveLength(extensions)
    expect(happenings.filter(({ name }) => name === 'extended')).toHaveLength(extensions)
  })
})

it('an extension that fails is told by an event, and the visitor does not notice', async () => {
  const { clock, visit, store, manager } = await site()
  const happenings = record(manager)
  await visit('/set')
  clock.tick(500)
  store.before = ({ method }) => {
    if (method === 'extend') throw new Error('down')
  }
  expect((await visit()).n).toBe(1)
  expect(happenings.at(-1)).toMatchObject({ name: 'saveError', event: { error: { code: 'ERR_BACKEND' } } })
  store.before = () => undefined
  store.forget()
  await visit()
  expect(store.methods).toEqual(['load', 'extend'])
})

it('two requests that extend at once do not disturb each other', async () => {
  const { clock, browser, server, store, manager } = await site()
  const happenings = record(manager)
  await browser.go(server, '/set')
  clock.tick(500)
  await Promise.all(Array.from({ length: 5 }, () => browser.go(server)))
  expect(store.methods.filter(method => method === 'extend').length).toBeGreaterThan(0)
  expect(happenings.filter(({ name }) => name === 'saveError')).toEqual([])
  clock.tick(900)
  expect((await browser.go(server)).body).toMatch(/^\[1,/)
})
