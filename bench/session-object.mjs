// What the object costs that shows a session's data as properties: after a build, `node bench/session-object.mjs`.
// Nanoseconds for one operation in one process, the best of seven rounds: what else the machine does only adds.

import { assignSession, RequestSession, shownSession } from '../packages/core/dist/adapter.js'
import { newManager } from '../packages/core/dist/index.js'

const COUNT = 300_000

const manager = await newManager('memory')
const request = new Request('http://localhost/')
const session = manager.requestSession(request, new Headers())
await session.sessionStart()
const inner = await manager.sessionStart(request, new Headers())
session.user = 'ann'
session.cart = { items: ['a'] }

/** What is shown of it on a request, as the adapters for Express and Koa have it. */
const shown = {
  get() {
    return shownSession(this.current)
  },
  set(value) {
    this.current = assignSession(this.current, value)
  },
  configurable: true,
}

const operations = {
  'a request object with the property `session`, for nothing': () => ({ current: session }),
  'the same with its accessor': () => Object.defineProperty({ current: session }, 'session', shown),
  'new RequestSession': () => new RequestSession(undefined, 'error', 'none'),
  "session.get('user') of the session alone": () => inner.get('user'),
  "session.get('user')": () => session.get('user'),
  'session.user': () => session.user,
  "session.set('user', value) of the session alone": () => inner.set('user', 'ann'),
  "session.set('user', value)": () => session.set('user', 'ann'),
  'session.user = value': () => {
    session.user = 'ann'
  },
  "'user' in session": () => 'user' in session,
  'Object.keys(session)': () => Object.keys(session),
}

let kept
for (const [name, operation] of Object.entries(operations)) {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 7; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < COUNT; i++) kept = operation()
    best = Math.min(best, Number(process.hrtime.bigint() - start) / COUNT)
  }
  console.log(`${best.toFixed(0).padStart(5)} ns  ${name}`)
}
await manager.close()

export { kept }
