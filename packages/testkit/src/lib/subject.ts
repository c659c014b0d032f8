import type { Awaitable, Provider, RecordStore, SealedStore } from '@sess/core/engine'
import type { MovableClock } from './movable-clock.ts'

/** What an engine may be written as; the kit tells them apart by their methods. */
export type Connection = RecordStore | SealedStore | Provider

/** The three ways to be an engine. */
export type Kind = 'record' | 'sealed' | 'provider'

/** What the kit hands to `create`. */
export interface CreateContext {
  /** The clock that the engine must go by. The kit moves it. */
  readonly clock: MovableClock
}

/** One backend, empty at first, that nothing else uses. */
export interface Backend {
  /**
   * A connection of its own to this backend, as another server would have. The kit closes it, with the
   * store's own `close` where it has one, before it calls `destroy`.
   */
  connect(): Awaitable<Connection>
  /** Everything that the backend holds, names and contents: files and their paths, keys and values, rows. */
  dump?(): Awaitable<Iterable<string | Uint8Array>>
  /** Changes what is stored for `id` behind the engine's back, in whatever form the backend has it. */
  tamper?(id: string, change: (stored: Uint8Array) => Uint8Array): Awaitable<void>
  /**
   * Takes the backend down, as when its server stops, and gives what brings it back. Every connection that was
   * made before has to work again afterwards.
   */
  outage?(): Awaitable<() => Awaitable<void>>
  /** Removes the backend. */
  destroy?(): Awaitable<void>
}

/** An engine under test. */
export interface Subject {
  /** The title of the tests. */
  readonly name: string
  /** Makes a backend, called once for each check: fresh, empty, isolated. */
  create(context: CreateContext): Awaitable<Backend>
  /** How many random interleavings the concurrency checks try. Default 100. */
  readonly interleavings?: number
  /** Seed of the random choices, to repeat a run. Default: a new one each time; failures name it. */
  readonly seed?: number
}

/** What kind of engine `connection` is. */
export function kindOf(connection: Connection): Kind {
  if ('sessionRead' in connection) return 'provider'
  if ('seal' in connection) return 'sealed'
  return 'record'
}
