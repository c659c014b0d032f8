import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Manager, newManager, type Provider } from '@sess/core'
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

/** In seconds. */
const HOUR = 3600
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
  const store = counted(makeStore(clock), length => {
    bytes += length
  })
  // Two fifths expire first, two fifths next, and one stays: a manager for each lifetime, all over one store.
  const managers = await Promise.all(
    [HOUR, 2 * HOUR, 3 * HOUR].map(maxLifetime =>
      newManager(fromRecordStore(store), { clock, maxLifetime, sweepEvery: 0 }),
    ),
  )
  const manager = managers[0] as Manager
  const providers = managers.map(manager => manager.getProvider())
  const providerOf = (i: number) => providers[Math.floor((i / sessions) * 2.5)] as Provider
  const lasting = Math.ceil(sessions * 0.8)
  await warmUp(manager.getProvider())
  bytes = 0
  const before = settledMemory()

  const create = await watch(async () => {
    for (let i = 0; i < sessions; i++) {
      await createSession(providerOf(i), i)
      if (i % PER_TURN === 0) await nextTurn()
    }
    return sessions
  })
  const data = bytes / sessions
  const overhead = (settledMemory() - before) / sessions - data
  const count = await watch(() => manager.getActiveSession())
  expect('live sessions', count.result, sessions)
  const serving = await watch(() => {
    const end = performance.now() + seconds * 1000
    return serveWhile(() => performance.now() < end, providerOf, 0, sessions)
  })

  clock.advance(HOUR + 60)
  const sweep = await watch(() => manager.gc())
  expect('sessions left', await manager.getActiveSession(), sessions - sweep.result)

  clock.advance(HOUR)
  const sweepWhileServing = await watch(async () => {
    let isSweeping = true
    const sweeping = manager.gc().finally(() => {
      isSweeping = false
    })
    await serveWhile(() => isSweeping, providerOf, lasting, sessions)
    return sweeping
  })
  expect('sessions swept', sweep.result + sweepWhileServing.result, lasting)
  expect('sessions left', await manager.getActiveSession(), sessions - lasting)
  for (const manager of managers) await manager.close()
  return { sessions, data, overhead, create, count, serve: serving, sweep, sweepWhileServing }
}

/** Requests of random sessions, one after the other, every other one with a change, for one turn at least. */
async function serveWhile(
  isOpen: () => boolean,
  providerOf: (i: number) => Provider,
  start: number,
  end: number,
): Promise<number> {
  let requests = 0
  do {
    for (let n = 0; n < PER_TURN; n++) {
      const i = pick(start, end)
      await serve(providerOf(i), i, requests++ % 2 ? 'change' : 'read')
    }
    await nextTurn()
  } while (isOpen())
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
