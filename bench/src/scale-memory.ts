import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { newManager, type Provider } from '@sess/core'
import { fromRecordStore, type RecordStore } from '@sess/core/engine'
import { type Watched, watch } from './scale-pauses.ts'
import { createSession, idOf, MovedClock, pick, serve } from './scale-sessions.ts'

export interface MemoryFigures {
  sessions: number
  /** Of one session's record, in bytes. */
  data: number
  /** What one session takes besides, in bytes. */
  overhead: number
  create: Watched<number>
  /** Gives the number of requests. */
  serve: Watched<number>
  count: Watched<number>
  /** Gives the number of sessions. */
  sweep: Watched<number>
  sweepWhileServing: Watched<number>
}

const LIFETIME = 3600
/** So much of it is between the first sessions, the next, and those that stay, in seconds. */
const APART = 900
/** Sessions created, or requests served, in one turn of the event loop. */
const PER_TURN = 4

/** Puts sessions into a store in this process' memory, through core, serves them, and sweeps most of them. */
export async function measureMemory(
  makeStore: (clock: MovedClock) => RecordStore,
  sessions: number,
  seconds: number,
): Promise<MemoryFigures> {
  const clock = new MovedClock()
  let bytes = 0
  const store = makeStore(clock)
  const manager = await newManager(
    fromRecordStore(
      counted(store, length => {
        bytes += length
      }),
    ),
    { clock, maxLifetime: LIFETIME },
  )
  const provider = manager.getProvider()
  await warmUp(provider)
  bytes = 0
  const before = settledMemory()

  // Two fifths expire first, two fifths next, and one stays.
  const stages = [0.4, 0.8, 1].map(part => Math.floor(sessions * part))
  const create = await watch(async () => {
    for (let i = 0; i < sessions; i++) {
      if (stages.includes(i)) clock.advance(APART)
      await createSession(provider, i)
      if (i % PER_TURN === 0) await nextTurn()
    }
    return sessions
  })
  const overhead = (settledMemory() - before - bytes) / sessions
  const data = bytes / sessions
  const count = await watch(() => manager.getActiveSession())
  expect('live sessions', count.result, sessions)
  const serving = await watch(() => serveFor(provider, 0, sessions, performance.now() + seconds * 1000))

  clock.advance(LIFETIME - 2 * APART + 1)
  let left = await manager.getActiveSession()
  const sweep = await watch(() => manager.gc())
  expect('swept sessions', sweep.result, sessions - left)

  clock.advance(APART)
  const live = await manager.getActiveSession()
  const sweepWhileServing = await watch(async () => {
    let isSweeping = true
    const sweeping = manager.gc().finally(() => {
      isSweeping = false
    })
    while (isSweeping) await serveFor(provider, stages[1] ?? 0, sessions, 0)
    return sweeping
  })
  expect('swept sessions', sweepWhileServing.result, left - live)
  left = await manager.getActiveSession()
  expect('sessions left', left, live)
  await manager.close()
  return { sessions, data, overhead, create, count, serve: serving, sweep, sweepWhileServing }
}

/** Requests of random sessions, one after the other, every other one with a change, for one turn at least. */
async function serveFor(provider: Provider, start: number, end: number, until: number): Promise<number> {
  let requests = 0
  do {
    for (let i = 0; i < PER_TURN; i++)
      await serve(provider, pick(start, end), requests++ % 2 ? 'change' : 'read')
    await nextTurn()
  } while (performance.now() < until)
  return requests
}

/** So that neither compiled code nor what is made once counts as sessions. */
async function warmUp(provider: Provider): Promise<void> {
  for (let i = 0; i < 3000; i++) {
    await createSession(provider, i)
    await serve(provider, i, 'change')
  }
  for (let i = 0; i < 3000; i++) await provider.sessionDestroy(idOf(i))
}

/** The store, with the bytes of every new record told. */
function counted(store: RecordStore, tell: (length: number) => void): RecordStore {
  return {
    create(id, data, expiresAt) {
      tell(data.length)
      return store.create(id, data, expiresAt)
    },
    load: id => store.load(id),
    update: (id, data, expiresAt, token) => store.update(id, data, expiresAt, token),
    delete: (id, token) => store.delete(id, token),
    ...(store.extend && { extend: store.extend.bind(store) }),
    ...(store.count && { count: store.count.bind(store) }),
    ...(store.sweep && { sweep: store.sweep.bind(store) }),
  }
}

/** Bytes of the heap and of what is held outside, once all garbage is collected. */
function settledMemory(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function expect(what: string, found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} ${what} in place of ${expected}`)
}
