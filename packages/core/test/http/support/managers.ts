import {
  type Manager,
  type ManagerOptions,
  newManager,
  type SessionEventName,
  type SessionEvents,
} from '@sess/core'
import { fromRecordStore } from '@sess/core/engine'
import { onTestFinished } from 'vitest'
import { ProbeStore } from './probe-store.ts'

export interface Data {
  [key: string]: unknown
  user?: string
  n?: number
}

export interface Setup {
  store: ProbeStore
  manager: Manager<Data>
  /** Another server over the same store. */
  other: Manager<Data>
}

export const COOKIE = 'beegosessionID'

/** Two managers over one store: two servers. */
export async function setUp(options: ManagerOptions = {}): Promise<Setup> {
  const store = new ProbeStore(options.clock)
  const [manager, other] = await Promise.all([over(store, options), over(store, options)])
  return { store, manager, other }
}

export async function over(store: ProbeStore, options: ManagerOptions = {}): Promise<Manager<Data>> {
  const manager = await newManager<Data>(fromRecordStore(store), { sweepEvery: 0, ...options })
  onTestFinished(() => manager.close())
  return manager
}

export interface Happening {
  name: SessionEventName
  event: SessionEvents[SessionEventName]
}

const names: SessionEventName[] = [
  'created',
  'destroyed',
  'regenerated',
  'extended',
  'dropped',
  'conflict',
  'saveError',
  'sweepError',
  'swept',
  'cacheControl',
]

/** All that a manager tells, in order. */
export function record(manager: Manager<Data>): Happening[] {
  const happenings: Happening[] = []
  for (const name of names) manager.on(name, event => happenings.push({ name, event }))
  return happenings
}

/** A clock that the test moves. */
export class TestClock {
  #now = Date.UTC(2030, 0, 1)

  now = (): number => this.#now

  /** Moves on by seconds. */
  tick(seconds: number): void {
    this.#now += seconds * 1000
  }
}
