import { expect, it } from 'vitest'
import { COOKIE, record, setUp } from './support/managers.ts'
import { sleep } from './support/probe-store.ts'
import { cookieOf, read, request, started } from './support/web.ts'

// manager.handle: a Web request, start to end.

it('saves, then puts the cookie on the response', async () => {
  const { manager, store } = await setUp()
  let isSaved = false
  store.before = async () => {
    await sleep(30)
    isSaved = true
  }
  const response = await manager.handle(request(), session => {
    session.set('user', 'astaxie')
    return new Response('welcome', {
      status: 201,
      statusText: 'Made',
      headers: {
        'X-One': '1',
        'Set-Cookie': 'theme=dark',
        'Cache-Control': 'public, max-age=60',
        'CDN-Cache-Control': 'max-age=600',
        'X-Accel-Expires': '600',
      },
    })
  })
  expect(isSaved).toBe(true)
  expect({ status: response.status, statusText: response.statusText }).toEqual({
    status: 201,
    statusText: 'Made',
  })
  expect(response.headers.get('X-One')).toBe('1')
  expect(response.headers.get('Cache-Control')).toBe('private, max-age=60')
  expect(response.headers.get('CDN-Cache-Control')).toBe('private, max-age=600')
  expect(response.headers.get('X-Accel-Expires')).toBe('0')
  expect(response.headers.getSetCookie().map(line => line.split('=')[0])).toEqual(['theme', COOKIE])
  expect(await response.text()).toBe('welcome')
})

it.each([
  ['Response.redirect', () => Response.redirect('https://example.org/me', 303)],
  ['a redirect by hand', () => new Response(null, { status: 303, headers: { Location: '/me' } })],
])('a redirect whose headers cannot be changed: %s', async (_, answer) => {
  const { manager } = await setUp()
  const response = await manager.handle(request(), session => {
    session.set('user', 'astaxie')
    return answer()
  })
  expect(response.status).toBe(303)
  expect(response.headers.get('Location')).toMatch(/\/me$/)
  const cookie = cookieOf(response.headers)
  expect(
    await manager
      .handle(request(cookie), session => new Response(session.get('user') ?? ''))
      .then(r => r.text()),
  ).toBe('astaxie')
})

it('a response without a session cookie is handed through as it is', async () => {
  const { manager, store } = await setUp()
  const answer = new Response('public')
  expect(await manager.handle(request(), () => answer)).toBe(answer)
  const cookie = await started(manager)
  store.forget()
  expect(await manager.handle(request(cookie), () => answer)).toBe(answer)
  expect(store.methods).toEqual(['load'])
})

it('a body that streams goes on streaming', async () => {
  const { manager } = await setUp()
  let pulled = 0
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (++pulled > 3) controller.close()
        else controller.enqueue(new TextEncoder().encode(`${pulled} `))
      },
    },
    { highWaterMark: 0 },
  )
  const response = await manager.handle(request(), session => {
    session.set('user', 'astaxie')
    return new Response(body)
  })
  expect(pulled).toBe(0)
  expect(await response.text()).toBe('1 2 3 ')
})

it('what a handler had changed before it threw is saved, as in the adapters', async () => {
  const { manager, store } = await setUp()
  const mishap = new Error('in the middle of it')
  const cookie = await started(manager)
  store.forget()
  await expect(
    manager.handle(request(cookie), session => {
      session.set('n', 2)
      throw mishap
    }),
  ).rejects.toBe(mishap)
  expect(store.methods).toEqual(['load', 'update'])
  expect(await read(manager, cookie)).toEqual({ n: 2 })
})

it('a failed save rejects', async () => {
  const { manager, store } = await setUp()
  store.before = () => {
    throw new Error('down')
  }
  await expect(
    manager.handle(request(), session => {
      session.set('n', 2)
      return new Response('never')
    }),
  ).rejects.toMatchObject({ name: 'SessionError' })
})

it('regenerate and destroy inside, without headers', async () => {
  const { manager } = await setUp()
  const old = await started(manager)
  const login = request(old)
  const response = await manager.handle(login, async session => {
    session.set('user', 'astaxie')
    expect((await manager.sessionRegenerateId(login)).sessionID()).toBe(session.sessionID())
    session.set('n', 2)
    return new Response()
  })
  expect(response.headers.getSetCookie()).toHaveLength(1)
  const fresh = cookieOf(response.headers)
  expect(await read(manager, old)).toEqual({})
  expect(await read(manager, fresh)).toEqual({ user: 'astaxie', n: 2 })

  const logout = request(fresh)
  const bye = await manager.handle(logout, async () => {
    await manager.sessionDestroy(logout)
    ;(await manager.sessionStart(logout, new Headers())).set('user', 'nobody')
    return Response.redirect('https://example.org/', 302)
  })
  expect(bye.headers.getSetCookie()).toHaveLength(1)
  expect(await read(manager, fresh)).toEqual({})
  expect(await read(manager, cookieOf(bye.headers))).toEqual({ user: 'nobody' })
})

it('what is no Response is an error that says so', async () => {
  const { manager } = await setUp()
  await expect(
    manager.handle(request(), session => {
      session.set('n', 2)
      return 'text' as unknown as Response
    }),
  ).rejects.toMatchObject({ code: 'ERR_CONFIG' })
})

it('a new session after the response was handed over is ERR_HEADERS_SENT', async () => {
  const { manager, store } = await setUp()
  const happenings = record(manager)
  const asked = request()
  await manager.handle(asked, () => new Response())
  const session = await manager.sessionStart(asked, new Headers())
  session.set('user', 'too late')
  await expect(session.sessionRelease()).rejects.toMatchObject({ code: 'ERR_HEADERS_SENT' })
  expect(store.calls).toEqual([])
  expect(happenings.map(({ name }) => name)).toEqual(['saveError'])
})

it('sessionStart beside handle, with its request, is the same session', async () => {
  const { manager } = await setUp()
  const asked = request()
  await manager.handle(asked, async session => {
    session.set('n', 1)
    expect((await manager.sessionStart(asked, new Headers())).get('n')).toBe(1)
    return new Response()
  })
})
