import type { SessionObject } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { setUp } from './support/managers.ts'
import { serve } from './support/servers.ts'

// What libraries of express-session ask of a session beside its data: its cookie, and its id.

type Sess = SessionObject<Record<string, unknown>>

/** What a handler gives, as JSON; or what it throws, to be thrown where it can be read. */
async function outcome(handler: () => unknown): Promise<string> {
  try {
    return JSON.stringify({ value: (await handler()) ?? null })
  } catch (error) {
    return JSON.stringify({ error: (error as Error).stack })
  }
}

/** A server whose handlers get a session that is started, unless told not to. */
async function site({ start = true }: { start?: boolean } = {}) {
  const { manager, store } = await setUp()
  let handler: (sess: Sess) => unknown = () => ''
  const server = await serve(async (req, res) => {
    const sess = manager.requestSession(req, res, { onLoadError: 'anonymous' }) as unknown as Sess
    if (start) await sess.sessionStart()
    res.end(await outcome(() => handler(sess)))
  })
  const browser = new Browser()
  const visit = async (next: typeof handler, by = browser) => {
    handler = next
    const { value, error } = JSON.parse((await by.go(server)).body) as { value: unknown; error?: string }
    if (error) throw new Error(error)
    return value
  }
  return { manager, store, browser, visit }
}

describe('the cookie of a session', () => {
  it('tells its attributes, and maxAge sets the lifetime of cookie and record', async () => {
    const { visit, browser, manager } = await site()
    await visit(sess => {
      expect(sess.cookie).toBe(sess.cookie)
      expect(sess.cookie).toMatchObject({ maxAge: null, expires: null, originalMaxAge: null })
      expect(sess.cookie).toMatchObject({ path: '/', httpOnly: true, secure: false, sameSite: 'lax' })
      sess.user = 'ann'
      sess.cookie.maxAge = 60_500
      expect(sess.cookie.originalMaxAge).toBe(61_000)
      expect(JSON.parse(JSON.stringify(sess.cookie))).toMatchObject({ originalMaxAge: 61_000, path: '/' })
    })
    expect(browser.header).not.toBe('')
    await visit(sess => {
      const { maxAge, originalMaxAge, expires } = sess.cookie
      expect(originalMaxAge).toBe(61_000)
      expect(maxAge).toBeGreaterThan(50_000)
      expect(maxAge).toBeLessThanOrEqual(61_000)
      expect(expires?.getTime()).toBe(sess.expiresAt)
      sess.cookie.expires = new Date(Date.now() + 30_000)
      expect(sess.cookie.originalMaxAge).toBe(30_000)
      sess.cookie.expires = false
      expect(sess.cookie.maxAge).toBe(null)
    })
    expect(await visit(sess => sess.cookie.originalMaxAge)).toBe(null)
    await manager.close()
  })

  it('refuses what cannot be set for one session, in sloppy code too', async () => {
    const { visit } = await site()
    await visit(sess => {
      const cookie = sess.cookie as unknown as Record<string, unknown>
      for (const name of [
        'domain',
        'path',
        'sameSite',
        'httpOnly',
        'secure',
        'partitioned',
        'originalMaxAge',
      ])
        expect(() => Function('cookie', 'name', 'cookie[name] = 1')(cookie, name)).toThrow(
          expect.objectContaining({ code: 'ERR_CONFIG', message: expect.stringContaining(name) }),
        )
      for (const value of ['60000', Number.NaN, new Date()])
        expect(() => (cookie.maxAge = value)).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
      expect(() => (cookie.expires = 60_000)).toThrow(expect.objectContaining({ code: 'ERR_VALUE' }))
    })
  })

  it('is sent again by touch, with the full lifetime', async () => {
    const { visit, browser } = await site()
    await visit(sess => {
      sess.user = 'ann'
      sess.setLifetime(100)
    })
    const before = browser.header
    expect(await visit(sess => sess.touch() === sess)).toBe(true)
    expect(browser.header).toBe(before)
    expect(await visit(sess => sess.cookie.originalMaxAge)).toBe(100_000)
  })
})

describe('the id of a session', () => {
  it('lasts once it was read, for libraries that bind a token to it', async () => {
    const { visit, browser } = await site()
    const id = await visit(sess => sess.id)
    expect(browser.cookies.size).toBe(1)
    expect(await visit(sess => [sess.id, sess.sessionID(), sess.isNew])).toEqual([id, id, false])
  })

  it('costs nothing where sessionID() is asked', async () => {
    const { visit, browser, store } = await site()
    await visit(sess => sess.sessionID())
    expect([browser.cookies.size, store.calls]).toEqual([0, []])
  })
})
