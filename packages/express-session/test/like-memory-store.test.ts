import { sessStore } from '@sess/express-session'
import { Browser } from '@sess/testkit/adapter'
import express from 'express'
import session from 'express-session'
import { describe, expect, it } from 'vitest'
import { browserOf, sessionOf } from './support/app.ts'
import { engines } from './support/stores.ts'

/** What a handler does with its session, one step after another, awaited or not. */
type Step =
  | { do: 'set'; key: string; value: number }
  | { do: 'delete'; key: string }
  | { do: 'save' | 'regenerate' | 'destroy' | 'reload' | 'touch' | 'read'; awaited: boolean }
type Handler = readonly Step[]

/** Numbers that look random, the same ones at each run with the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const kinds = [
  'set',
  'set',
  'delete',
  'save',
  'save',
  'touch',
  'reload',
  'regenerate',
  'destroy',
  'read',
] as const

function handlerOf(random: (below: number) => number): Handler {
  return Array.from({ length: 1 + random(6) }, (): Step => {
    const kind = kinds[random(kinds.length)] ?? 'read'
    const key = 'abc'[random(3)] as string
    if (kind === 'set') return { do: kind, key, value: random(100) }
    if (kind === 'delete') return { do: kind, key }
    return { do: kind, awaited: random(2) === 0 }
  })
}

/** An app whose handlers come with their requests. It answers with what they have seen. */
async function appOn(store: session.Store, options: object = {}): Promise<Browser> {
  const app = express()
  app.set('env', 'test')
  app.use(session({ secret: 'keyboard cat', resave: false, saveUninitialized: false, store, ...options }))
  app.get('/:handler', async (req, res) => {
    const seen: unknown[] = []
    const look = () => {
      const { cookie, ...data } = sessionOf(req) ?? {}
      seen.push(data)
    }
    const run = (step: Step): Promise<unknown> | undefined => {
      const own = sessionOf(req)
      if (!own) return undefined
      if (step.do === 'set') own[step.key] = step.value
      else if (step.do === 'delete') delete own[step.key]
      else if (step.do === 'touch') own.touch()
      else if (step.do === 'read') look()
      else {
        const { do: method, awaited } = step
        const done = new Promise(resolve => own[method](error => resolve(error ? String(error) : 'done')))
        // A new session comes by the callback: a handler has nothing to go on with before.
        return awaited || method === 'regenerate' || method === 'reload' ? done : undefined
      }
      return undefined
    }
    for (const step of JSON.parse(String(req.params.handler)) as Handler) seen.push((await run(step)) ?? null)
    look()
    res.json(seen)
  })
  app.use((error: unknown, _: express.Request, res: express.Response, next: express.NextFunction) => {
    if (res.headersSent) next(error)
    else res.status(500).json(String(error))
  })
  return browserOf(app)
}

/** What a visitor sees of these handlers, one request after another, each sent when the one before is answered. */
async function visit(browser: Browser, handlers: readonly Handler[]): Promise<unknown[]> {
  const seen: unknown[] = []
  for (const handler of handlers) {
    const { status, body, setCookies } = await browser.ask(`/${encodeURIComponent(JSON.stringify(handler))}`)
    seen.push([status, JSON.parse(body), setCookies.length])
  }
  return seen
}

const step = (name: 'save' | 'regenerate' | 'destroy' | 'reload', awaited = true): Step => ({
  do: name,
  awaited,
})
const set = (key: string, value = 1): Step => ({ do: 'set', key, value })
const read: Handler = [{ do: 'read', awaited: true }]

const cases: readonly [string, Handler][] = [
  ['saves and then deletes a key', [set('a'), set('b'), step('save', false), { do: 'delete', key: 'a' }]],
  ['saves, waits, and then deletes a key', [set('a'), set('b'), step('save'), { do: 'delete', key: 'a' }]],
  ['saves and destroys', [set('a'), step('save', false), step('destroy')]],
  ['saves and destroys, and waits for neither', [set('a'), step('save', false), step('destroy', false)]],
  ['saves and reloads', [set('a'), step('save', false), set('a', 2), step('reload')]],
  [
    'saves twice',
    [set('a'), step('save', false), set('a', 2), step('save', false), { do: 'delete', key: 'a' }],
  ],
  ['saves and gets a new id', [set('a'), step('save', false), step('regenerate'), set('b')]],
  ['reloads a session that was never saved', [set('a'), step('reload'), set('b')]],
]

function length(store: session.Store): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    store.length?.((error, count) => (error ? reject(error) : resolve(count)))
  })
}

describe.each(engines)("a store on $name compared with express-session's own", ({ isMissing, backend }) => {
  const both = async (options?: object) => {
    const stores = [await (await backend()).open(), new session.MemoryStore()] as const
    const [ours, theirs] = [await appOn(stores[0], options), await appOn(stores[1], options)]
    return { ours, theirs, lengths: () => Promise.all(stores.map(length)) }
  }

  it.skipIf(isMissing).each(cases)('shows the same to a new visitor whose handler %s', async (_, handler) => {
    const { ours, theirs, lengths } = await both()
    const handlers = [handler, read, handler, read]
    expect(await visit(ours, handlers)).toEqual(await visit(theirs, handlers))
    const [own, other] = await lengths()
    expect(own).toBe(other)
  })

  it
    .skipIf(isMissing)
    .each([{}, { resave: true, saveUninitialized: true }, { rolling: true, cookie: { maxAge: 60_000 } }])(
    'shows the same to visitors with random handlers, with %j',
    async options => {
      const { ours, theirs } = await both(options)
      for (let seed = 1; seed <= 60; seed++) {
        const random = numbers(seed)
        const handlers = Array.from({ length: 6 }, () => [handlerOf(random), read]).flat()
        const [one, other] = [new Browser(ours.port), new Browser(theirs.port)]
        expect(await visit(one, handlers), `seed ${seed}: ${JSON.stringify(handlers)}`).toEqual(
          await visit(other, handlers),
        )
      }
    },
    60_000,
  )

  it.skipIf(isMissing)('loses no login whose redirect is followed at once', async () => {
    const app = express()
    app.use(
      session({
        secret: 'keyboard cat',
        resave: false,
        saveUninitialized: false,
        store: await (await backend()).open(),
      }),
    )
    app.get('/login', (req, res) => {
      sessionOf(req).user = 'astaxie'
      res.redirect('/who')
    })
    app.get('/who', (req, res) => {
      res.json(sessionOf(req).user ?? null)
    })
    const { port } = await browserOf(app)
    const users = new Map<string, number>()
    for (let i = 0; i < 100; i++) {
      // express-session holds back the end of the body until the session is saved. Browsers do not wait for it.
      const login = await fetch(`http://127.0.0.1:${port}/login`, { redirect: 'manual' })
      const cookie = login.headers.getSetCookie().join().replace(/;.*/, '')
      const who = await (await fetch(`http://127.0.0.1:${port}/who`, { headers: { cookie } })).text()
      users.set(who, (users.get(who) ?? 0) + 1)
      await login.text()
    }
    expect([...users]).toEqual([['"astaxie"', 100]])
  })
})

it('replaces what is stored when the application makes an id twice', async () => {
  const store = sessStore('memory', { name: 'twice' })
  const options = { genid: () => 'always the same' }
  const [ours, theirs] = [await appOn(store, options), await appOn(new session.MemoryStore(), options)]
  const seen = async (browser: Browser) => [
    await visit(browser, [[set('a')]]),
    await visit(new Browser(browser.port), [[set('b')], read]),
  ]
  expect(await seen(ours)).toEqual(await seen(theirs))
})
