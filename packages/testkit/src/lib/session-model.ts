import type { Operation } from './linearize.ts'

/** What a session holds, in the checks of interleavings. */
export type ModelData = Readonly<Record<string, unknown>>

/** The sessions that live, by id. What is not there is dead, and stays dead. */
export type ModelState = Readonly<Record<string, ModelData>>

/** What a request does to its session. */
export type Change = (data: ModelData) => ModelData

interface Interval {
  readonly begin: number
  readonly end: number
}

/** A request began with this id and found this, or no session. */
export function readOperation(
  interval: Interval,
  id: string,
  seen: ModelData | undefined,
): Operation<ModelState> {
  return {
    ...interval,
    name: `read ${show(seen)}`,
    apply: state => (show(state[id]) === show(seen) ? state : undefined),
  }
}

/** A request released its changes: they are made to what is there now, or to nothing if it is dead. */
export function releaseOperation(
  interval: Interval,
  id: string,
  changes: readonly Change[],
): Operation<ModelState> {
  return {
    ...interval,
    name: `release of ${changes.map(change => change.name).join(', ')}`,
    apply: state => {
      const data = state[id]
      return data === undefined ? state : { ...state, [id]: changed(data, changes) }
    },
  }
}

export function destroyOperation(interval: Interval, id: string): Operation<ModelState> {
  return { ...interval, name: 'destroy', apply: state => without(state, id) }
}

/** The session has moved, changes included; or it was dead, and the request kept its old id. */
export function regenerateOperation(
  interval: Interval,
  id: string,
  newID: string,
  changes: readonly Change[],
): Operation<ModelState> {
  return {
    ...interval,
    name: `regenerate with ${changes.map(change => change.name).join(', ')}`,
    apply: state => {
      const data = state[id]
      if (id === newID) return data === undefined ? state : undefined
      return data === undefined ? undefined : { ...without(state, id), [newID]: changed(data, changes) }
    },
  }
}

/** Equal texts for equal data, whatever the order of the keys. */
function show(data: object | undefined): string {
  if (data === undefined) return 'no session'
  return JSON.stringify(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** As `show`, for all sessions. */
export function showState(state: ModelState): string {
  return show(Object.fromEntries(Object.entries(state).map(([id, data]) => [id, show(data)])))
}

function changed(data: ModelData, changes: readonly Change[]): ModelData {
  return changes.reduce((result, change) => change(result), data)
}

function without(state: ModelState, id: string): ModelState {
  return Object.fromEntries(Object.entries(state).filter(([each]) => each !== id))
}
