import { fromRecordStore, MemoryStore } from '@sess/core/engine'
import { type SessStore, sessStore } from '@sess/express-session'
import type { Browser } from '@sess/testkit/adapter'
import session from 'express-session'
import { describe, expect, it, onTestFinished } from 'vitest'
import { counterApp, Gate } from './support/app.ts'
import { type Engine, engines, observed } from './support/stores.ts'

const json = async (browser: Browser, path: string) => JSON.parse((await browser.ask(path)).body)

/** How express-session's own store does it, to compare with. */
const own: Engine = {
  name: "express-session's own store",
  isMissing: false,
  backend: async () => ({ open: async () => new session.MemoryStore() as never, names: async () => [] }),
}

// All at once, as they wait.
it('ends sessions that are not used, and extends those that are, on each store', async () => {
  const endUnused = async ({ name, backend }: Engine) => {
    const store = await (await backend()).open()
    const { browser } = await counterApp({ store, rolling: true, cookie: { maxAge: 1500 } })
    const { setCookies } = await browser.ask('/count')
    expect(setCookies[0], name).toContain('Expires=')
    const idle = browser.copy()
    for (let i = 0; i < 3; i++) {
      await sleep(600)
      const reply = await browser.ask('/read')
      expect(JSON.parse(reply.body), name).toEqual({ n: 1 })
      expect(reply.setCookies, name).toHaveLength(1)
    }
    await sleep(1600)
    expect(await json(idle, '/read'), name).toEqual({})
  }
  await Promise.all([own, ...engines].filter(({ isMissing }) => !isMissing).map(endUnused))
})

describe.each([own, ...engines])('an app on $name', ({ isMissing, backend }) => {
  const storeOf = async (options = {}): Promise<SessStore> => (await backend()).open(options)

  it.skipIf(isMissing)('counts the requests of each visitor', async () => {
    const { browser } = await counterApp({ store: await storeOf() })
    for (const n of [1, 2, 3]) expect(await json(browser, '/count')).toBe(n)
    const { browser: other } = await counterApp({ store: await storeOf() })
    expect(await json(other, '/count')).toBe(1)
    expect(await json(browser, '/read')).toEqual({ n: 3 })
  })

  it.skipIf(isMissing)('logs in under a new id, and out', async () => {
    const { browser, errors } = await counterApp({ store: await storeOf() })
    await browser.ask('/count')
    const before = browser.copy()
    const { status, headers } = await browser.ask('/login')
    expect([status, headers.location]).toEqual([302, '/read'])
    expect(await json(browser, '/read')).toEqual({ user: 'astaxie' })
    expect(await json(before, '/read')).toEqual({})
    expect(browser.visitor.cookie).not.toBe(before.visitor.cookie)
    const kept = browser.copy()
    await browser.ask('/logout')
    expect(await json(kept, '/read')).toEqual({})
    expect(errors).toEqual([])
  })

  it.skipIf(isMissing)('keeps no session of a visitor who stores nothing', async () => {
    const store = await storeOf()
    const { browser } = await counterApp({ store })
    expect((await browser.ask('/read')).setCookies).toEqual([])
    expect(await length(store)).toBe(0)
  })

  it.skipIf(isMissing)('keeps it with saveUninitialized and resave', async () => {
    const store = await storeOf()
    const { browser } = await counterApp({ store, saveUninitialized: true, resave: true })
    expect((await browser.ask('/read')).setCookies).toHaveLength(1)
    expect(await length(store)).toBe(1)
    await browser.ask('/read')
    expect(await json(browser, '/count')).toBe(1)
    expect(await json(browser, '/count')).toBe(2)
    expect(await length(store)).toBe(1)
  })

  it.skipIf(isMissing)('sends no cookie again without rolling', async () => {
    const { browser } = await counterApp({ store: await storeOf(), cookie: { maxAge: 60_000 } })
    await browser.ask('/count')
    expect((await browser.ask('/read')).setCookies).toEqual([])
  })

  it.skipIf(isMissing)('keeps a lifetime that a session has been given', async () => {
    const { browser } = await counterApp({ store: await storeOf(), cookie: { maxAge: 60_000 } })
    await browser.ask('/remember')
    const { setCookies } = await browser.ask('/count')
    const expires = Date.parse(/Expires=([^;]+)/.exec(setCookies[0] ?? '')?.[1] ?? '')
    expect(expires).toBeGreaterThan(Date.now() + 29 * 86_400_000)
  })

  it.skipIf(isMissing)('reloads', async () => {
    const { browser, gates } = await counterApp({ store: await storeOf() })
    await browser.ask('/count')
    const gate = new Gate()
    gates.set('reload', gate)
    const reloaded = json(browser, '/reload')
    await browser.ask('/count')
    gate.open()
    expect(await reloaded).toBe(2)
  })

  it.skipIf(isMissing)('destroys a session that is unset', async () => {
    const store = await storeOf()
    const { browser } = await counterApp({ store, unset: 'destroy' })
    await browser.ask('/count')
    expect(await length(store)).toBe(1)
    await browser.ask('/unset')
    expect(await length(store)).toBe(0)
  })
})

describe.each(engines)('overlapping requests on $name', ({ isMissing, backend }) => {
  /** A visitor with a session, in the middle of slow requests. */
  async function visit(keys: readonly string[], options = {}) {
    const { open } = await backend()
    const app = await counterApp({ store: await open(), ...options })
    await app.browser.ask('/count')
    const gates = keys.map(key => {
      const gate = new Gate()
      app.gates.set(key, gate)
      return gate
    })
    const slow = keys.map(key => app.browser.ask(`/slow/${key}`))
    await Promise.all(gates.map(({ reached }) => reached))
    return {
      ...app,
      finish: async () => {
        for (const gate of gates) gate.open()
        await Promise.all(slow)
      },
    }
  }

  it.skipIf(isMissing)('lose nothing that is under keys of their own', async () => {
    const { browser, finish } = await visit(['a', 'b', 'c'])
    await browser.ask('/count')
    await finish()
    expect(await json(browser, '/read')).toEqual({ n: 2, a: true, b: true, c: true })
  })

  it.skipIf(isMissing)('undo nothing by reading', async () => {
    const { browser, finish } = await visit(['read'], { resave: true, cookie: { maxAge: 60_000 } })
    await browser.ask('/count')
    await finish()
    expect(await json(browser, '/read')).toEqual({ n: 2 })
  })

  it
    .skipIf(isMissing)
    .each([{ resave: false }, { resave: true }, { resave: true, rolling: true, cookie: { maxAge: 60_000 } }])(
    'do not bring a session back from logout with %j',
    async options => {
      const { browser, finish } = await visit(['a', 'read'], options)
      const kept = browser.copy()
      await browser.ask('/logout')
      await finish()
      expect(await json(kept, '/read')).toEqual({})
    },
  )
})

describe('an app whose backend is down', () => {
  async function failing() {
    const { records, fails } = observed(new MemoryStore({ clock: Date }))
    const store = await sessStore(fromRecordStore(records))
    onTestFinished(() => store.close())
    return { fails, ...(await counterApp({ store })) }
  }

  it('answers 503 when a session cannot be loaded', async () => {
    const { browser, fails, errors } = await failing()
    await browser.ask('/count')
    fails.add('load')
    expect((await browser.ask('/read')).status).toBe(503)
    expect(errors).toMatchObject([{ code: 'ERR_BACKEND' }])
    fails.clear()
    expect(await json(browser, '/read')).toEqual({ n: 1 })
  })

  it('answers with the error of an explicit save', async () => {
    const { browser, fails } = await failing()
    fails.add('create')
    expect((await browser.ask('/login')).status).toBe(500)
  })

  it('hands the error of a save at the end to the error handler, when the response has left', async () => {
    const { browser, fails, errors } = await failing()
    fails.add('create')
    await browser.ask('/count').catch(() => {})
    await expect.poll(() => errors).toMatchObject([{ code: 'ERR_BACKEND' }])
  })
})

function length(store: session.Store): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    store.length?.((error, count) => (error ? reject(error) : resolve(count)))
  })
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, milliseconds))
}
