import type { Rig } from './rig.ts'

/** What a rule is checked on, and with it which kinds of engine must keep it: see `left-out.ts`. */
export type Level =
  /** The methods of a `RecordStore`, directly. */
  | 'store'
  /** The methods of a `SealedStore`, directly. */
  | 'seal'
  /** The seven methods: the engine's own, or what `manager.getProvider()` makes of it. */
  | 'provider'
  /** Sessions as visitors have them, through a manager. */
  | 'session'

/** What a rule needs that not every engine or subject has. */
export type Need = 'count' | 'sweep' | 'maxBytes' | 'dump' | 'tamper' | 'outage'

/** One thing that an engine must do, and how to see whether it does. */
export interface Rule {
  readonly level: Level
  readonly name: string
  readonly needs: readonly Need[]
  check(rig: Rig): Promise<void>
}

/** Rules of one subject, in a file of their own. */
export interface Group {
  readonly name: string
  readonly rules: readonly Rule[]
}

type RuleMaker = (name: string, check: (rig: Rig) => Promise<void>, ...needs: Need[]) => Rule

const maker =
  (level: Level): RuleMaker =>
  (name, check, ...needs) => ({ level, name, needs, check })

/** A rule for the methods of a record store. */
export const onStore: RuleMaker = maker('store')
/** A rule for the methods of a sealed store. */
export const onSeal: RuleMaker = maker('seal')
/** A rule for the seven methods of a provider. */
export const onProvider: RuleMaker = maker('provider')
/** A rule for what visitors see. */
export const onSession: RuleMaker = maker('session')
