import assert from 'node:assert/strict'
import type { Session } from '@sess/core'
import fc from 'fast-check'
import { isLinearizable, type Operation } from '../lib/linearize.ts'
import type { Rig } from '../lib/rig.ts'
import { Scheduler } from '../lib/scheduler.ts'
import type { Server } from '../lib/server.ts'
import {
  type Change,
  destroyOperation,
  type ModelData,
  type ModelState,
  readOperation,
  regenerateOperation,
  releaseOperation,
  showState,
} from '../lib/session-model.ts'
import type { Visitor } from '../lib/visitor.ts'

const keys = ['a', 'b', 'n', 'list']

/** One thing that a handler does. */
type Step = { do: 'set' | 'delete' | 'push' | 'update'; key: string; value: number } | { do: 'flush' }

/** What a handler does, and how it saves that. */
interface Round {
  steps: Step[]
  end: 'release' | 'destroy' | 'regenerate'
}

interface Plan {
  server: number
  /** How much later the request comes, in seconds: sometimes the session is due for an extension. */
  later: number
  rounds: Round[]
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('set' as const, 'delete' as const),
    key: fc.constantFrom('a', 'b', 'n'),
    value: fc.integer({ min: 10, max: 99 }),
  }),
  fc.record({
    do: fc.constant('update' as const),
    key: fc.constantFrom('a', 'n', 'n'),
    value: fc.constant(1),
  }),
  fc.record({
    do: fc.constant('push' as const),
    key: fc.constant('list'),
    value: fc.integer({ min: 10, max: 99 }),
  }),
  fc.record({ do: fc.constant('flush' as const) }),
)

const plan: fc.Arbitrary<Plan> = fc.record({
  server: fc.integer({ min: 0, max: 2 }),
  later: fc.constantFrom(0, 0, 400),
  rounds: fc.array(
    fc.record({
      steps: fc.array(step, { maxLength: 3 }),
      end: fc.constantFrom('release' as const, 'release' as const, 'destroy' as const, 'regenerate' as const),
    }),
    { minLength: 1, maxLength: 2 },
  ),
})

/** Requests of one visitor, and in which order their backend calls are made. */
export const anyRequests: fc.Arbitrary<{ plans: Plan[]; picks: number[] }> = fc.record({
  plans: fc.array(plan, { minLength: 2, maxLength: 4 }),
  picks: fc.array(fc.nat(5), { minLength: 1, maxLength: 30 }),
})

/** Runs the requests in that order, and fails if no order of whole requests explains what they saw. */
export async function checkRequests(
  rig: Rig,
  servers: readonly Server[],
  plans: Plan[],
  picks: number[],
): Promise<void> {
  const visitor = rig.visitor()
  const first = servers[0] as Server
  const start = { a: 1, n: 0, list: [1] }
  await visitor.visit(first, session => {
    for (const [key, value] of Object.entries(start)) session.set(key, value)
  })
  const initial: ModelState = { [visitor.sid as string]: start }
  const kept = visitor.copy()
  const history = new History()
  const scheduler = new Scheduler(picks)
  for (const server of servers) server.probe.always('*', scheduler.turn)
  try {
    await scheduler.run(
      plans.map(({ server, later, rounds }) => async () => {
        rig.clock.advance(later * 1000)
        await request(history, servers[server % servers.length] as Server, visitor, rounds)
      }),
    )
  } finally {
    for (const server of servers) server.probe.reset()
  }
  // What is left at the end, under every id that ever was.
  for (const id of history.ids(kept.sid as string)) {
    const [name] = kept.cookie.split('=')
    const reader = rig.visitor()
    reader.forge(name as string, id)
    await request(history, first, reader, [])
  }
  assert.ok(
    isLinearizable(initial, history.operations, showState),
    `no order explains this:\n${history.operations.map(each => `  ${each.begin}-${each.end} ${each.name}`).join('\n')}`,
  )
}

async function request(
  history: History,
  server: Server,
  visitor: Visitor,
  rounds: readonly Round[],
): Promise<void> {
  const id = visitor.sid
  if (id === undefined) return
  let begin = history.tick()
  const visit = await visitor.open(server)
  const seen = visit.session.isNew ? undefined : dataOf(visit.session)
  history.add(readOperation({ begin, end: history.tick() }, id, seen))
  for (const { steps, end } of rounds) {
    const { session } = visit
    const before = session.sessionID()
    // A visitor who finds no session would begin another one: that is not what is looked at here.
    if (session.isNew) return
    const changes = steps.map(each => take(each, session))
    begin = history.tick()
    if (end === 'destroy') {
      await visit.destroy()
      history.add(destroyOperation({ begin, end: history.tick() }, before))
      return
    }
    if (end === 'regenerate') await visit.regenerate()
    await visit.end()
    const interval = { begin, end: history.tick() }
    if (end === 'release') history.add(releaseOperation(interval, before, changes))
    else {
      const after = visit.session.sessionID()
      history.note(after)
      history.add(regenerateOperation(interval, before, after, changes))
    }
  }
}

/** Takes the step, and gives what it means for the model. */
function take(step: Step, session: Session): Change {
  if (step.do === 'flush') {
    session.flush()
    return function flush() {
      return {}
    }
  }
  const { key, value } = step
  if (step.do === 'delete') {
    session.delete(key)
    return named(`delete ${key}`, data =>
      Object.fromEntries(Object.entries(data).filter(([each]) => each !== key)),
    )
  }
  if (step.do === 'update') {
    const next = (data: unknown) => ((data as number | undefined) ?? 0) + value
    session.update(key, next)
    return named(`update ${key}`, data => ({ ...data, [key]: next(data[key]) }))
  }
  if (step.do === 'set') {
    session.set(key, value)
    return named(`set ${key} ${value}`, data => ({ ...data, [key]: value }))
  }
  const list = session.get(key) as number[] | undefined
  if (list === undefined) session.set(key, [value])
  else list.push(value)
  const copy = [...(list ?? [value])]
  return named(`set ${key} ${copy}`, data => ({ ...data, [key]: copy }))
}

function named(name: string, change: Change): Change {
  return Object.defineProperty(change, 'name', { value: name })
}

function dataOf(session: Session): ModelData {
  const present = keys.filter(key => session.has(key))
  // A copy: the handler will change what it was given.
  return structuredClone(Object.fromEntries(present.map(key => [key, session.get(key)])))
}

/** What was done and seen, and when, by a clock that counts. */
class History {
  readonly operations: Operation<ModelState>[] = []
  readonly #ids = new Set<string>()
  #now = 0

  tick(): number {
    return this.#now++
  }

  add(operation: Operation<ModelState>): void {
    this.operations.push(operation)
  }

  note(id: string): void {
    this.#ids.add(id)
  }

  ids(first: string): Set<string> {
    return new Set([first, ...this.#ids])
  }
}
