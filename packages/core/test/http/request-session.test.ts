import type { LoadErrorPolicy } from '@sess/core'
import type { RequestSession } from '@sess/core/adapter'
import { describe, expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Data, record, setUp } from './support/managers.ts'
import { serve } from './support/servers.ts'

// What the adapters of frameworks are made of.

const down = (): never => {
  throw Object.assign(new Error('backend down'), { code: 'ECONNREFUSED' })
}

/** A server whose handlers get a session that is not started. */
async function site(onLoadError: LoadErrorPolicy = 'error') {
  const { manager, store } = await setUp()
  const happenings = record(manager)
  let handler: (sess: RequestSession<Data>) => unknown = () => ''
  const server = await serve(async (req, res) => {
    const sess = manager.requestSession(req, res, { onLoadError })
    res.end(String(await handler(sess)))
  })
  const browser = new Browser()
  const visit = async (next: typeof handler, by = browser) => {
    handler = next
    return by.go(server)
  }
  return { manager, store, happenings, server, browser, visit }
}

it('costs nothing until it is started', async () => {
  const { visit, store, browser } = await site()
  await visit(async sess => (await sess.sessionStart()).set('n', 1))
  store.forget()
  await visit(() => '')
  expect(store.calls).toEqual([])
  await visit(async sess => {
    await sess.sessionStart()
    return (await sess.sessionStart()).get('n')
  })
  expect(store.methods).toEqual(['load'])
  expect(browser.cookies.size).toBe(1)
})

it('says what is missing when it is used before it is started', async () => {
  const { visit } = await site()
  const uses: ((sess: RequestSession<Data>) => unknown)[] = [
    sess => sess.get('n'),
    sess => sess.set('n', 1),
    sess => sess.has('n'),
    sess => sess.keys(),
    sess => sess.entries(),
    sess => sess.delete('n'),
    sess => sess.update('n', () => 1),
    sess => sess.flush(),
    sess => sess.sessionID(),
    sess => sess.isNew,
    sess => sess.createdAt,
    sess => sess.expiresAt,
    sess => sess.setLifetime(5),
    sess => sess.getSession('n'),
    sess => sess.setSession('n', 1),
    sess => sess.delSession('n'),
    sess => sess.sessionRegenerateID(),
    sess => sess.destroySession(),
    sess => sess.takeFlash('a'),
    sess => sess.addFlash('a', 'b'),
  ]
  const reply = await visit(async sess => {
    expect(sess.isStarted).toBe(false)
    for (const use of uses)
      await expect(async () => use(sess)).rejects.toMatchObject({
        code: 'ERR_NOT_STARTED',
        message: 'The session is not started: call and await sessionStart() first',
      })
    await sess.sessionRelease()
    return 'done'
  })
  expect(reply.body).toBe('done')
})

it('has the names of the original’s controller', async () => {
  const { visit, browser, happenings } = await site()
  await visit(async sess => {
    await sess.sessionStart()
    sess.setSession('n', 1)
    sess.setSession('user', 'astaxie')
    sess.delSession('user')
    expect(sess.getSession('user')).toBeUndefined()
  })
  const before = browser.header
  await visit(async sess => {
    const id = (await sess.sessionStart()).sessionID()
    await sess.sessionRegenerateID()
    expect(sess.sessionID()).not.toBe(id)
    expect(sess.getSession('n')).toBe(1)
  })
  expect(browser.header).not.toBe(before)
  const kept = browser.fork()
  await visit(async sess => {
    await sess.sessionStart()
    await sess.destroySession()
    expect(sess.isNew).toBe(true)
    expect(sess.getSession('n')).toBeUndefined()
  })
  expect(browser.cookies.size).toBe(0)
  const reply = await visit(async sess => (await sess.sessionStart()).get('n'), kept)
  expect(reply.body).toBe('undefined')
  expect(happenings.map(({ name }) => name)).toEqual(['created', 'regenerated', 'destroyed'])
})

it('has all that a session has', async () => {
  const { visit } = await site()
  await visit(async sess => {
    await sess.sessionStart()
    expect(sess.update('n', (n = 0) => n + 1)).toBe(1)
    sess.set('user', 'astaxie')
    expect(sess.has('user')).toBe(true)
    expect(sess.keys()).toEqual(['n', 'user'])
    sess.delete('user')
    expect(sess.entries()).toEqual([['n', 1]])
    sess.setLifetime(60)
    await sess.sessionRelease()
    expect(sess.expiresAt - Date.now()).toBeLessThanOrEqual(60_000)
    expect(sess.createdAt).toBeLessThanOrEqual(Date.now())
    expect(sess.isNew).toBe(false)
    sess.flush()
    expect(sess.keys()).toEqual([])
  })
})

describe('when the session cannot be loaded', () => {
  it('the start fails, and can be tried again', async () => {
    const { visit, store } = await site()
    await visit(async sess => (await sess.sessionStart()).set('n', 1))
    const reply = await visit(async sess => {
      store.before = down
      await expect(sess.sessionStart()).rejects.toMatchObject({ code: 'ERR_BACKEND' })
      expect(sess.isStarted).toBe(false)
      store.before = () => undefined
      return (await sess.sessionStart()).get('n')
    })
    expect(reply.body).toBe('1')
  })

  it('or the request goes on with an empty session that cannot be changed', async () => {
    const { visit, store, browser } = await site('anonymous')
    await visit(async sess => (await sess.sessionStart()).set('n', 1))
    const before = browser.header
    store.before = down
    const reply = await visit(async sess => {
      await sess.sessionStart()
      expect(sess).toMatchObject({ isStarted: true, isReadOnly: true, isNew: true })
      expect([sess.get('n'), sess.has('n'), sess.keys(), sess.entries(), sess.takeFlash('a')]).toEqual([
        undefined,
        false,
        [],
        [],
        [],
      ])
      for (const change of [
        () => sess.set('n', 2),
        () => sess.delete('n'),
        () => sess.flush(),
        () => sess.update('n', () => 2),
        () => sess.setLifetime(5),
        () => sess.sessionID(),
        () => sess.addFlash('a', 'b'),
        () => sess.sessionRegenerateID(),
        () => sess.destroySession(),
      ])
        await expect(async () => change()).rejects.toMatchObject({
          code: 'ERR_READ_ONLY',
          cause: { code: 'ERR_BACKEND' },
        })
      return 'hello'
    })
    expect(reply).toMatchObject({ status: 200, body: 'hello', setCookies: [] })
    expect(browser.header).toBe(before)
    store.before = () => undefined
    expect((await visit(async sess => (await sess.sessionStart()).get('n'))).body).toBe('1')
  })
})

describe('whether the client came over TLS', () => {
  it('is for the framework to say, whatever the request says', async () => {
    const { manager } = await setUp()
    const lineFor = async (isSecure: boolean, url: string) => {
      const server = await serve(async (req, res) => {
        const sess = manager.requestSession(req, res, { isSecure: () => isSecure })
        ;(await sess.sessionStart()).set('n', 1)
        res.end()
      })
      const headers = new Headers()
      const sess = manager.requestSession(new Request(url), headers, { isSecure: () => isSecure })
      ;(await sess.sessionStart()).set('n', 1)
      await sess.settle()
      return [...(await server.ask()).setCookies, ...headers.getSetCookie()].map(line =>
        line.includes('; Secure'),
      )
    }
    expect(await lineFor(true, 'http://localhost/')).toEqual([true, true])
    expect(await lineFor(false, 'https://localhost/')).toEqual([false, false])
  })
})
