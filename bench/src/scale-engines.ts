import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manager, newManager, type Provider } from '@sess/core'
import '@sess/file'
import '@sess/memcache'
import '@sess/mysql'
import '@sess/postgres'
import '@sess/redis'
import { type Watched, watch } from './scale-pauses.ts'
import { createSession, MovedClock, pick, serve } from './scale-sessions.ts'
import { type ServerKind, startService } from './services.ts'
import { median } from './stats.ts'

type Action = 'read' | 'change'

/** An engine whose sessions are not in this process. */
interface ScaleEngine {
  title: string
  /** What one session is in it. */
  unit: string
  server?: ServerKind
  /** Whether expired sessions wait for a sweep. */
  sweeps: boolean
  /** `place`: a directory, or the URL of a server, where nothing is yet. */
  open(place: string, clock: MovedClock): Promise<Manager>
}

const LIFETIME = 3600
/** No request extends its session: all cost the same. */
const lifetimes = { maxLifetime: LIFETIME, touchEvery: LIFETIME - 1, sweepEvery: 0 }

export const scaleEngines: Readonly<Record<string, ScaleEngine>> = {
  file: {
    title: '@sess/file',
    unit: 'files',
    sweeps: true,
    open: (directory, clock) =>
      newManager('file', { clock, ...lifetimes, providerConfig: { directory: join(directory, 'sessions') } }),
  },
  postgres: {
    title: '@sess/postgres',
    unit: 'rows',
    server: 'postgres',
    sweeps: true,
    open: (connectionString, clock) =>
      newManager('postgresql', {
        clock,
        ...lifetimes,
        providerConfig: { connectionString, createTable: true },
      }),
  },
  mysql: {
    title: '@sess/mysql',
    unit: 'rows',
    server: 'mysql',
    sweeps: true,
    open: (uri, clock) =>
      newManager('mysql', { clock, ...lifetimes, providerConfig: { uri, createTable: true } }),
  },
  redis: {
    title: '@sess/redis',
    unit: 'keys',
    server: 'redis',
    sweeps: false,
    open: (url, clock) => newManager('redis', { clock, ...lifetimes, providerConfig: { url } }),
  },
  memcache: {
    title: '@sess/memcache',
    unit: 'keys',
    server: 'memcached',
    sweeps: false,
    open: (servers, clock) => newManager('memcache', { clock, ...lifetimes, providerConfig: { servers } }),
  },
}

export interface EngineFigures {
  few: number
  many: number
  /** How long a request waits for its session, and the median of the ratios, many to few, round by round. */
  cost: Record<Action, { few: number; many: number; ratio: number }>
  sweep?: Watched<number> & { before: Latency; during: Latency }
}

/** In milliseconds. */
export interface Latency {
  p50: number
  p99: number
  max: number
}

export interface EngineOptions {
  few: number
  many: number
  rounds: number
  /** Requests of one kind in one round. */
  requests: number
  /** How long requests are sent before a sweep. */
  seconds: number
  /** For the file engine. */
  directory: string
}

/** The same requests where there are few sessions and where there are many, then a sweep of most of the many. */
export async function measureEngine(
  name: string,
  options: EngineOptions,
): Promise<EngineFigures | undefined> {
  const engine = scaleEngines[name]
  if (!engine) throw new Error(`No engine ${name}`)
  const few = await Place.open(engine, options.few, options.directory)
  if (!few) return undefined
  const many = (await Place.open(engine, options.many, options.directory)) as Place
  try {
    const cost = {
      read: await compare('read', few, many, options),
      change: await compare('change', few, many, options),
    }
    const sweep = engine.sweeps ? { sweep: await many.sweep(options.seconds) } : {}
    return { few: options.few, many: options.many, cost, ...sweep }
  } finally {
    await few.close()
    await many.close()
  }
}

async function compare(
  action: Action,
  few: Place,
  many: Place,
  { rounds, requests }: EngineOptions,
): Promise<EngineFigures['cost'][Action]> {
  const medians: { few: number; many: number }[] = []
  // Round 0 warms up and does not count.
  for (let round = 0; round <= rounds; round++) {
    const both = { few: await few.request(action, requests), many: await many.request(action, requests) }
    if (round > 0) medians.push({ few: median(both.few), many: median(both.many) })
  }
  return {
    few: median(medians.map(round => round.few)),
    many: median(medians.map(round => round.many)),
    ratio: median(medians.map(round => round.many / round.few)),
  }
}

/** Where an engine keeps a number of sessions. */
class Place {
  readonly #manager: Manager
  readonly #provider: Provider
  readonly #clock: MovedClock
  readonly #end: () => Promise<void>
  readonly #sessions: number
  /** Those from here on outlive the others. */
  readonly #lasting: number
  #created = 0

  private constructor(manager: Manager, clock: MovedClock, sessions: number, end: () => Promise<void>) {
    this.#manager = manager
    this.#provider = manager.getProvider()
    this.#clock = clock
    this.#sessions = sessions
    this.#lasting = Math.floor(sessions * 0.9)
    this.#end = end
  }

  /** `undefined` if there is no such server to start. */
  static async open(engine: ScaleEngine, sessions: number, parent: string): Promise<Place | undefined> {
    const clock = new MovedClock()
    const { place, end } = (await newPlace(engine, parent)) ?? {}
    if (place === undefined || end === undefined) return undefined
    try {
      const opened = new Place(await engine.open(place, clock), clock, sessions, end)
      await opened.#fill()
      return opened
    } catch (error) {
      await end()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#manager.close()
    await this.#end()
  }

  /** Requests of random sessions, one after the other. Gives how long each took. */
  async request(action: Action, requests: number): Promise<number[]> {
    const times: number[] = []
    for (let i = 0; i < requests; i++) times.push(await this.#time(action, 0, this.#lasting))
    return times
  }

  /** Sweeps all that do not last, while four visitors send requests, and have done so for some seconds. */
  async sweep(seconds: number): Promise<NonNullable<EngineFigures['sweep']>> {
    this.#clock.advance(LIFETIME + 60)
    const visitors = async (isOver: () => boolean) => {
      const times: number[] = []
      const visit = async () => {
        do {
          for (const action of ['read', 'change'] as const)
            times.push(await this.#time(action, this.#lasting, this.#sessions))
        } while (!isOver())
      }
      await Promise.all(Array.from({ length: 4 }, visit))
      return times
    }
    const end = performance.now() + seconds * 1000
    const before = await visitors(() => performance.now() > end)
    let isSwept = false
    const watched = await watch(async () => {
      const sweeping = this.#manager.gc().finally(() => {
        isSwept = true
      })
      const during = await visitors(() => isSwept)
      return { swept: await sweeping, during }
    })
    const { swept, during } = watched.result
    const left = await this.#manager.getActiveSession()
    if (swept !== this.#lasting || left !== this.#sessions - swept)
      throw new Error(`${swept} sessions swept and ${left} left of ${this.#sessions}`)
    return { ...watched, result: swept, before: latency(before), during: latency(during) }
  }

  async #time(action: Action, start: number, end: number): Promise<number> {
    const begin = performance.now()
    await serve(this.#provider, pick(start, end), action)
    return performance.now() - begin
  }

  async #fill(): Promise<void> {
    await this.#createUpTo(this.#lasting)
    this.#clock.advance(LIFETIME / 2)
    await this.#createUpTo(this.#sessions)
    this.#clock.advance(-LIFETIME / 2)
  }

  async #createUpTo(end: number): Promise<void> {
    const create = async () => {
      while (this.#created < end) await createSession(this.#provider, this.#created++)
    }
    await Promise.all(Array.from({ length: 32 }, create))
  }
}

/** A place for sessions, and how to get rid of it. */
async function newPlace(
  { server }: ScaleEngine,
  parent: string,
): Promise<{ place: string; end: () => Promise<void> } | undefined> {
  if (server === undefined) {
    const place = await mkdtemp(join(parent, 'sess-scale-'))
    return { place, end: () => rm(place, { recursive: true, force: true, maxRetries: 3 }) }
  }
  const service = await startService(server)
  return service && { place: service.url, end: () => service.close() }
}

function latency(times: number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
