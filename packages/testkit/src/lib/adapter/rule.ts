import type { AdapterRig } from './rig.ts'

/** One thing that an adapter must do, and how to see whether it does. */
interface AdapterRule {
  readonly name: string
  check(rig: AdapterRig): Promise<void>
}

/** Rules of one subject, in a file of their own. */
export interface AdapterGroup {
  readonly name: string
  readonly rules: readonly AdapterRule[]
}
