import type { RequestSession } from '@sess/core'
import { expect, it } from 'vitest'
import { Browser } from './support/browser.ts'
import { type Data, over, setUp } from './support/managers.ts'
import { serve } from './support/servers.ts'

// Messages that a later request reads.

/** A server whose handlers are given one by one. */
async function site() {
  const { manager, store } = await setUp()
  let handler: (sess: RequestSession<Data>) => unknown = () => ''
  const server = await serve(async (req, res) => {
    const sess = manager.requestSession(req, res)
    res.end(String(await handler(sess)))
  })
  const browser = new Browser()
  const visit = async (next: typeof handler) => {
    handler = next
    return browser.go(server)
  }
  return { manager, store, server, browser, visit }
}

it('are read once, in their order', async () => {
  const { visit } = await site()
  await visit(async sess => {
    await sess.sessionStart()
    sess.addFlash('info', 'Saved')
    sess.addFlash('info', { n: 1 })
    sess.addFlash('error', 'Not quite')
    sess.addFlash('__proto__', 'x')
  })
  const take = async (sess: RequestSession<Data>) => {
    await sess.sessionStart()
    return JSON.stringify([sess.takeFlash('info'), sess.takeFlash('nothing'), sess.takeFlash('toString')])
  }
  expect((await visit(take)).body).toBe('[["Saved",{"n":1}],[],[]]')
  expect((await visit(take)).body).toBe('[[],[],[]]')
  const error = await visit(async sess => JSON.stringify((await sess.sessionStart()).takeFlash('error')))
  expect(error.body).toBe('["Not quite"]')
  expect((await visit(async sess => (await sess.sessionStart()).takeFlash('__proto__').length)).body).toBe(
    '1',
  )
})

it('left while others are read are not lost, and none comes twice', async () => {
  const { manager, store, server, visit, browser } = await site()
  const other = await over(store)
  await visit(async sess => (await sess.sessionStart()).addFlash('info', 'first'))
  const asked = new Request(server.url, { headers: { cookie: browser.header } })
  const reader = manager.requestSession(asked, new Headers())
  const again = new Request(server.url, { headers: { cookie: browser.header } })
  const writer = other.requestSession(again, new Headers())
  await Promise.all([reader.sessionStart(), writer.sessionStart()])
  expect(reader.takeFlash('info')).toEqual(['first'])
  writer.addFlash('info', 'second')
  await writer.settle()
  await reader.settle()
  const rest = await visit(async sess => JSON.stringify((await sess.sessionStart()).takeFlash('info')))
  expect(rest.body).toBe('["second"]')
})

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  "named '%s' are read by two requests at once, and no prototype is looked at",
  async key => {
    const { manager, store, server, visit, browser } = await site()
    const other = await over(store)
    await visit(async sess => {
      await sess.sessionStart()
      sess.addFlash(key, 'first')
      sess.addFlash('info', 'kept')
    })
    const readers = [manager, other].map(each =>
      each.requestSession(new Request(server.url, { headers: { cookie: browser.header } }), new Headers()),
    )
    await Promise.all(readers.map(reader => reader.sessionStart()))
    for (const reader of readers) expect(reader.takeFlash(key)).toEqual(['first'])
    for (const reader of readers) await reader.settle()
    const rest = await visit(async sess => {
      await sess.sessionStart()
      return JSON.stringify([sess.takeFlash(key), sess.takeFlash('info')])
    })
    expect(rest.body).toBe('[[],["kept"]]')
    expect(Object.keys(Object.prototype)).toEqual([])
  },
)
