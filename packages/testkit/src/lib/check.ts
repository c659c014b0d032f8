import { groups } from '../groups/all.ts'
import { inTime } from './in-time.ts'
import { needs, whyLeftOut } from './left-out.ts'
import { Rig } from './rig.ts'
import type { Group, Need, Rule } from './rule.ts'
import { type Backend, type Connection, type Kind, kindOf, type Subject } from './subject.ts'

/** How long a check may take, in milliseconds: an engine that hangs is an engine that fails. */
export const CHECK_TIMEOUT = 60_000

/** One rule, to be checked on one engine. */
export interface Check {
  /** The name of its group, e.g. `expiry`. */
  readonly group: string
  /** What the engine must do. Unique in its group. */
  readonly name: string
  /** Why this engine need not do that, or `undefined` if it must. */
  leftOut(): Promise<string | undefined>
  /** Checks it, on a backend of its own. @throws AssertionError that says what the engine did instead */
  run(): Promise<void>
}

/** The checks of an engine: all, or those of some groups. */
export function checksOf(subject: Subject, names?: readonly string[]): Check[] {
  const unknown = names?.find(name => !groups.some(group => group.name === name))
  if (unknown !== undefined)
    throw new TypeError(
      `There is no group '${unknown}'; there are ${groups.map(each => each.name).join(', ')}`,
    )
  const traits = new Traits(subject)
  return groups
    .filter(group => names?.includes(group.name) ?? true)
    .flatMap(group => group.rules.map(rule => checkOf(subject, traits, group, rule)))
}

function checkOf(subject: Subject, traits: Traits, group: Group, rule: Rule): Check {
  return {
    group: group.name,
    name: rule.name,
    leftOut: async () => {
      const { kind, missing } = await traits.get()
      const why = whyLeftOut(kind, group.name, rule)
      if (why !== undefined) return why
      const need = rule.needs.find(each => missing.has(each))
      return need && needs[need]
    },
    run: async () => {
      const rig = await Rig.open(subject)
      try {
        await inTime(rule.check(rig), CHECK_TIMEOUT, 'the check did not come to an end')
      } finally {
        await rig.close()
      }
    },
  }
}

interface SubjectTraits {
  kind: Kind
  missing: ReadonlySet<Need>
}

/** What an engine is and can do, learnt from one connection when it is first asked for. */
class Traits {
  readonly #subject: Subject
  #traits: Promise<SubjectTraits> | undefined

  constructor(subject: Subject) {
    this.#subject = subject
  }

  get(): Promise<SubjectTraits> {
    this.#traits ??= this.#learn()
    return this.#traits
  }

  async #learn(): Promise<SubjectTraits> {
    const rig = await Rig.open(this.#subject)
    try {
      const connection = await rig.connect()
      return { kind: kindOf(connection), missing: missingIn(connection, rig.backend) }
    } finally {
      await rig.close()
    }
  }
}

function missingIn(connection: Connection, backend: Backend): Set<Need> {
  const ofEngine = (['count', 'sweep', 'maxBytes'] as const).filter(
    name => Reflect.get(connection, name) === undefined,
  )
  const ofBackend = (['dump', 'tamper', 'outage'] as const).filter(name => backend[name] === undefined)
  return new Set<Need>([...ofEngine, ...ofBackend])
}
