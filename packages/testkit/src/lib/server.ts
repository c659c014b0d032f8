import type { Manager, SessionEventName } from '@sess/core'
import type { Probe } from './probe.ts'
import type { Kind } from './subject.ts'

/** Every event there is. */
export const eventNames: readonly SessionEventName[] = [
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

/** Something that a manager told its listeners. */
export interface Told {
  readonly type: SessionEventName
  readonly event: object
}

/** One server over the backend under test, and what can be seen of it. */
export class Server {
  readonly manager: Manager
  readonly probe: Probe
  readonly kind: Kind
  /** Everything the manager has told its listeners. */
  readonly events: Told[] = []

  constructor(manager: Manager, probe: Probe, kind: Kind) {
    this.manager = manager
    this.probe = probe
    this.kind = kind
    for (const name of eventNames) manager.on(name, event => this.events.push({ type: name, event }))
  }

  /** Settles when all work is done, also what no response waits for. */
  settle(): Promise<void> {
    return this.probe.idle()
  }

  /** The events of one type. */
  told(type: SessionEventName): Told[] {
    return this.events.filter(each => each.type === type)
  }
}
