import { setTimeout as sleep } from 'node:timers/promises'
import { isSessionError, type Manager } from '@sess/core'
import { beginCount, count, type Outcome, type Rush, readCount } from './counting.ts'
import { fakeTimers, useManager } from './faked-timers.ts'
import { Load, type LoadReport } from './load.ts'
import { type LogoutReport, logOutAmidst } from './logout.ts'
import { MovableClock, openManager, type Setup } from './setup.ts'
import { Visit } from './visit.ts'

/** What became of an attempt. */
export interface Attempt {
  /** 'done', the code of a SessionError, or what else was thrown. */
  readonly result: string
  /** In milliseconds. */
  readonly took: number
}

/** How long something is waited for that should have ended long ago, in milliseconds. */
const patience = 10_000

const clock = new MovableClock()
let opened: Manager | undefined
let load: Load | undefined
let visit: Visit | undefined

function manager(): Manager {
  if (!opened) throw new Error('No manager is open')
  return opened
}

function current(): Visit {
  if (!visit) throw new Error('No request is under way')
  return visit
}

async function attempt(work: () => Promise<unknown>): Promise<Attempt> {
  const begin = performance.now()
  const ended = work().then(
    () => 'done',
    (error: unknown) => (isSessionError(error) ? error.code : String(error)),
  )
  const result = await Promise.race([ended, sleep(patience, `no end after ${patience} ms`, { ref: false })])
  return { result, took: performance.now() - begin }
}

/** What a process can be told to do. */
export const tasks = {
  async open(setup: Setup): Promise<void> {
    opened = await openManager(setup, { clock })
  },
  async tryToOpen(setup: Setup): Promise<Attempt> {
    // Loading takes whatever time it takes.
    await import(setup.module)
    return attempt(() => tasks.open(setup))
  },
  async close(): Promise<void> {
    await manager().close()
    opened = undefined
  },
  /** Closes the manager while it sweeps. */
  closeAmidSweep(): Promise<Attempt> {
    void manager().gc()
    return attempt(() => tasks.close())
  },

  beginCount: (): Promise<string> => beginCount(manager()),
  count: (cookie: string, name: string, rush: Rush): Promise<Outcome> => count(manager(), cookie, name, rush),
  readCount: (cookie: string): Promise<{ n: unknown; keys: string[] }> => readCount(manager(), cookie),

  logOutAmidst: (setup: Setup, interleavings: number, seed: number): Promise<LogoutReport> =>
    logOutAmidst(setup, interleavings, seed),

  async beginLoad(cookie: string, lanes: number): Promise<void> {
    load = new Load(manager(), cookie, lanes)
  },
  async endLoad(): Promise<LoadReport> {
    if (!load) throw new Error('There is no load')
    return load.end()
  },
  /** Two requests of a new visitor, who stores something and finds it again. */
  visitTwice(): Promise<Attempt> {
    return attempt(async () => {
      const first = await Visit.begin(manager())
      first.session.set('name', 'astaxie')
      await first.release()
      const second = await Visit.begin(manager(), first.cookie)
      if (second.session.get('name') !== 'astaxie') throw new Error('What was saved was not found')
    })
  },

  /** Requests that do all that requests do. */
  use: (): Promise<Attempt> => attempt(() => useManager(manager())),
  async fakeTimers(): Promise<void> {
    fakeTimers()
  },

  /** One request step by step. */
  async beginVisit(cookie?: string): Promise<void> {
    visit = await Visit.begin(manager(), cookie)
  },
  async change(): Promise<string | undefined> {
    current().session.set('changed', clock.now())
    await current().release()
    return current().cookie
  },
  async regenerate(): Promise<string | undefined> {
    await current().regenerate()
    return current().cookie
  },
  destroy: (): Promise<void> => current().destroy(),
  async moveClock(milliseconds: number): Promise<void> {
    clock.move(milliseconds)
  },
}

export type Tasks = typeof tasks
