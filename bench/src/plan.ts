import type { Entry, Group } from './groups.ts'
import type { Scenario } from './http-bench.ts'
import type { Options } from './options.ts'
import { smallest } from './session-data.ts'

interface Task {
  group: Group
  scenario: Scenario
}

const usual: Scenario = { connections: 32, size: smallest }

/** What the default command does besides, with a few contenders on two routes. */
const unusual: readonly Scenario[] = [
  { connections: 32, size: 4096 },
  { connections: 32, size: 65_536 },
  { connections: 256, size: smallest },
]
const few = new Set(['sess-memory', 'express-memory', 'driver-redis', 'sess-redis', 'express-redis'])

/** What is measured, one after the other. */
export function plan(
  groups: readonly Group[],
  { only, scenarios }: Pick<Options, 'only' | 'scenarios'>,
): Task[] {
  if (scenarios) {
    const isChosen = (group: Group) => (entry: Entry) =>
      only.size === 0 || only.has(group.id) || only.has(entry.id)
    return groups.flatMap(group => inAll(scenarios, reduced(group, isChosen(group))))
  }
  return [
    ...groups.map(group => ({ group, scenario: usual })),
    ...groups.flatMap(group => inAll(unusual, onTwoRoutes(reduced(group, ({ id }) => few.has(id))))),
  ]
}

function inAll(scenarios: readonly Scenario[], groups: Group[]): Task[] {
  return groups.flatMap(group => scenarios.map(scenario => ({ group, scenario })))
}

/** The chosen ones of a group, and the bare server; nothing if none is chosen. */
function reduced(group: Group, isChosen: (entry: Entry) => boolean): Group[] {
  const entries = group.entries.filter(entry => entry.kind === 'bare' || isChosen(entry))
  return entries.length > 1 ? [{ ...group, entries }] : []
}

function onTwoRoutes(groups: Group[]): Group[] {
  const routes = ['read', 'change'] as const
  return groups.map(group => ({ ...group, entries: group.entries.map(entry => ({ ...entry, routes })) }))
}
