import type { ManagerOptions } from '@sess/core'
import { describe, expect, it } from 'vitest'
import { parseCookie } from './support/browser.ts'
import { COOKIE, setUp } from './support/managers.ts'
import { cookieOf, read, request, started } from './support/web.ts'

// Web's Request, with the Headers of a response to come.

describe('sessionStart(request, headers)', () => {
  it('puts the cookie on the headers when the session is released', async () => {
    const { manager, store } = await setUp()
    const headers = new Headers({ 'Set-Cookie': 'theme=dark' })
    const session = await manager.sessionStart(request(), headers)
    session.set('user', 'astaxie')
    expect(headers.getSetCookie()).toEqual(['theme=dark'])
    expect(store.calls).toEqual([])
    await session.sessionRelease()
    const [theme, line] = headers.getSetCookie()
    expect(theme).toBe('theme=dark')
    expect(parseCookie(line as string)).toMatchObject({
      name: COOKIE,
      attributes: { path: '/', httponly: true, samesite: 'Lax', secure: true },
    })
    expect(headers.get('Cache-Control')).toBe('private')
    expect(await read(manager, (line as string).split(';')[0] as string)).toEqual({ user: 'astaxie' })
  })

  it('the same session for every call with one request', async () => {
    const { manager, store } = await setUp()
    const cookie = await started(manager)
    store.forget()
    const asked = request(cookie)
    const session = await manager.sessionStart(asked, new Headers())
    expect(await manager.sessionStart(asked, new Headers())).toBe(session)
    expect(store.methods).toEqual(['load'])
  })

  it('await using releases', async () => {
    const { manager } = await setUp()
    const headers = new Headers()
    {
      await using session = await manager.sessionStart(request(), headers)
      session.set('user', 'astaxie')
    }
    expect(await read(manager, cookieOf(headers))).toEqual({ user: 'astaxie' })
  })

  it('regenerate and destroy', async () => {
    const { manager } = await setUp()
    const old = await started(manager)
    const headers = new Headers()
    const asked = request(old)
    const session = await manager.sessionRegenerateId(asked, headers)
    const fresh = cookieOf(headers)
    expect(fresh).not.toBe(old)
    expect(session.get('n')).toBe(1)
    expect(await read(manager, old)).toEqual({})
    expect(await read(manager, fresh)).toEqual({ n: 1 })
    await manager.sessionDestroy(asked, headers)
    expect(headers.getSetCookie()).toHaveLength(1)
    expect(parseCookie(headers.getSetCookie()[0] as string).attributes['max-age']).toBe('0')
    expect(await read(manager, fresh)).toEqual({})
  })

  it('without headers a session can be read and changed', async () => {
    const { manager } = await setUp()
    const cookie = await started(manager)
    const session = await manager.sessionStart(request(cookie))
    expect(session.get('n')).toBe(1)
    session.set('n', 2)
    await session.sessionRelease()
    expect(await read(manager, cookie)).toEqual({ n: 2 })
  })

  it('without headers what needs a cookie is ERR_HEADERS_SENT, and nothing is stored', async () => {
    const { manager, store } = await setUp()
    const cookie = await started(manager)
    store.forget()
    const fresh = await manager.sessionStart(request())
    fresh.set('n', 1)
    await expect(fresh.sessionRelease()).rejects.toMatchObject({ code: 'ERR_HEADERS_SENT' })
    await expect(manager.sessionRegenerateId(request(cookie))).rejects.toMatchObject({
      code: 'ERR_HEADERS_SENT',
    })
    expect(store.methods).toEqual(['load'])
  })

  it('a request that was begun without headers takes them later', async () => {
    const { manager } = await setUp()
    const asked = request()
    const headers = new Headers()
    ;(await manager.sessionStart(asked)).set('n', 1)
    await (await manager.sessionStart(asked, headers)).sessionRelease()
    expect(await read(manager, cookieOf(headers))).toEqual({ n: 1 })
  })

  it('a failed save rejects, and no cookie is set', async () => {
    const { manager, store } = await setUp()
    const headers = new Headers()
    const session = await manager.sessionStart(request(), headers)
    session.set('user', 'astaxie')
    store.before = () => {
      throw new Error('down')
    }
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_/) })
    expect([...headers]).toEqual([])
    store.before = () => undefined
    await session.sessionRelease()
    expect(await read(manager, cookieOf(headers))).toEqual({ user: 'astaxie' })
  })

  it.each<[string, string, ManagerOptions, Record<string, string>, boolean]>([
    ['https', 'https://example.org/', {}, {}, true],
    ['http', 'http://example.org/', {}, {}, false],
    [
      'http behind a trusted proxy',
      'http://x/',
      { trustProxy: true },
      { 'x-forwarded-proto': 'https' },
      true,
    ],
    ['http behind another proxy', 'http://x/', {}, { 'x-forwarded-proto': 'https' }, false],
  ])('Secure: %s', async (_, url, options, given, isSecure) => {
    const { manager } = await setUp(options)
    const headers = new Headers()
    const session = await manager.sessionStart(new Request(url, { headers: given }), headers)
    session.set('user', 'astaxie')
    await session.sessionRelease()
    expect(headers.getSetCookie()[0]?.includes('; Secure')).toBe(isSecure)
  })

  it('secure: true over plain HTTP is ERR_INSECURE_COOKIE, and nothing is stored', async () => {
    const { manager, store } = await setUp({ secure: true })
    const session = await manager.sessionStart(request('', 'http://example.org/'), new Headers())
    session.set('user', 'astaxie')
    await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_INSECURE_COOKIE' })
    expect(store.calls).toEqual([])
  })
})
