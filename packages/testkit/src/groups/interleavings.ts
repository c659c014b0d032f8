import assert from 'node:assert/strict'
import type { Session } from '@sess/core'
import { isSessionError } from '@sess/core/engine'
import type { Fate, Requests, Round, Step } from '../lib/any-requests.ts'
import { isLinearizable, type Operation } from '../lib/linearize.ts'
import { type Act, failAfter, failBefore } from '../lib/probe.ts'
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
import type { Visit, Visitor } from '../lib/visitor.ts'

const keys = ['a', 'b', 'n', 'list']

/** Runs the requests in that order, and fails if no order of whole requests explains what they saw. */
export async function checkRequests(
  rig: Rig,
  servers: readonly Server[],
  { plans, picks, fates }: Requests,
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
  const fateOfNext = inTurn(fates)
  const act: Act = real => scheduler.turn(() => fateOfNext(real))
  for (const server of servers) server.probe.always('*', act)
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

/** Lets the calls go as they are fated to, one after another and over again. */
function inTurn(fates: readonly Fate[]): Act {
  const acts: Record<Fate, Act> = { done: real => real(), refused: failBefore, lost: failAfter }
  let calls = 0
  return real => acts[fates[calls++ % fates.length] ?? 'done'](real)
}

/** One request: what it finds, and what its rounds do. It ends when the backend fails it. */
async function request(
  history: History,
  server: Server,
  visitor: Visitor,
  rounds: readonly Round[],
): Promise<void> {
  const id = visitor.sid
  if (id === undefined) return
  const begin = history.tick()
  const visit = await succeeding(visitor.open(server))
  if (visit === undefined) return
  const seen = visit.session.isNew ? undefined : dataOf(visit.session)
  history.add(readOperation({ begin, end: history.tick() }, id, seen))
  for (const { steps, end } of rounds) {
    // A visitor who finds no session would begin another one: that is not what is looked at here.
    if (visit.session.isNew) return
    const base = dataOf(visit.session)
    const changes = steps.filter(each => isMeant(each, base)).map(each => take(each, visit.session))
    if (!(await finish(history, visit, end, changes))) return
  }
}

/** Ends a round, and says whether the request goes on. */
async function finish(
  history: History,
  visit: Visit,
  end: Round['end'],
  changes: readonly Change[],
): Promise<boolean> {
  const id = visit.session.sessionID()
  const begin = history.tick()
  const work = { release: () => visit.end(), destroy: () => visit.destroy(), regenerate: () => move(visit) }
  const isDone = (await succeeding(work[end]().then(() => true))) ?? false
  const interval = { begin, end: history.tick() }
  if (end === 'release') history.add(releaseOperation(interval, id, changes), isDone)
  // Of a move that failed nobody knows the new id: if it was done, the session is gone.
  else if (end === 'destroy' || !isDone) history.add(destroyOperation(interval, id), isDone)
  else {
    const newID = visit.session.sessionID()
    history.note(newID)
    history.add(regenerateOperation(interval, id, newID, changes))
  }
  return isDone && end !== 'destroy'
}

async function move(visit: Visit): Promise<void> {
  await visit.regenerate()
  await visit.end()
}

/** The result, or `undefined` if the backend has failed. */
async function succeeding<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (isSessionError(error) && error.cause !== undefined) return undefined
    throw error
  }
}

/** Whether it says anything to delete this: where there is nothing, a request changes nothing, and need not write. */
function isMeant(step: Step, base: ModelData): boolean {
  return step.do !== 'delete' || step.key in base
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

  /** `isDone`: without it nobody can tell. */
  add(operation: Operation<ModelState>, isDone = true): void {
    const name = isDone ? operation.name : `perhaps ${operation.name}`
    this.operations.push({ ...operation, name, isOptional: !isDone })
  }

  note(id: string): void {
    this.#ids.add(id)
  }

  ids(first: string): Set<string> {
    return new Set([first, ...this.#ids])
  }
}
