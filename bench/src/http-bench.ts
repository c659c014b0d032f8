import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { allocatedPerRequest } from './allocations.ts'
import { type Route, routes } from './contender.ts'
import type { Entry, Group } from './groups.ts'
import type { LoadResult } from './load.ts'
import { type LoadGenerator, type Server, startLoadGenerator, startServer } from './processes.ts'
import { type Service, startService } from './services.ts'

/** How long everyone warms up, in rounds. Those are short: what the machine does meanwhile changes from second to second. */
const WARM_UP = 3

/** Under which conditions a group is measured. */
export interface Scenario {
  /** Keep-alive connections, one visitor each. */
  connections: number
  /** Of a session, in bytes as JSON. */
  size: number
}

export interface HttpOptions {
  rounds: number
  /** For one contender on one route in one round. */
  seconds: number
  /** Where the file stores keep their files. */
  directory: string
}

/** One contender on one route in one round. */
export interface Sample extends LoadResult {
  requestsPerSecond: number
  /** Processor time of the server for one request, in microseconds: hardly moved by a busy machine. */
  cpuPerRequest: number
}

/** Of one group under one scenario. */
export interface GroupResult {
  group: Group
  scenario: Scenario
  /** What the group's server is, if it has one. */
  server?: string
  /** By contender, in the order of the rounds. */
  samples: Map<Route, Map<string, Sample[]>>
  /** Bytes that a request takes from the heap, by contender. */
  allocated: Map<Route, Map<string, number>>
  /** Who was left out, and why. */
  skipped: string[]
}

/** Every contender of a group in turn, round after round: what slows the machine for a while slows them all. */
export async function runGroup(
  group: Group,
  scenario: Scenario,
  options: HttpOptions,
  log: (line: string) => void,
): Promise<GroupResult> {
  const { entries, skipped } = fitting(group, scenario)
  const result: GroupResult = {
    group: { ...group, entries },
    scenario,
    samples: new Map(),
    allocated: new Map(),
    skipped,
  }
  const service = group.server && (await startService(group.server))
  if (group.server && !service) return { ...result, skipped: [`${group.title}: there is no ${group.server}`] }
  if (service) result.server = service.version
  try {
    await runRounds(result, service, options, log)
  } finally {
    await service?.close()
  }
  return result
}

/** From here on so many logins would fill the memory and not the bench. */
const LARGEST_LOGIN = 4096

function fitting(group: Group, { size }: Scenario): { entries: Entry[]; skipped: string[] } {
  const fits = ({ maxSize = Number.POSITIVE_INFINITY }: Entry) => size <= maxSize
  const tooLarge = group.entries.filter(entry => !fits(entry))
  const skipped = tooLarge.map(({ label }) => `${label}: sessions of ${size} bytes do not fit its cookies`)
  const measured = (route: Route) => route !== 'login' || size <= LARGEST_LOGIN
  if (!routes.every(measured)) skipped.push(`${group.title}: logins with ${size} bytes`)
  const entries = group.entries.filter(fits).map(entry => ({
    ...entry,
    routes: (entry.routes ?? routes).filter(measured),
  }))
  return { entries, skipped }
}

async function runRounds(
  result: GroupResult,
  service: Service | undefined,
  options: HttpOptions,
  log: (line: string) => void,
): Promise<void> {
  const { group, scenario, samples } = result
  const directory = mkdtempSync(join(options.directory, 'sess-bench-'))
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  // On Ctrl-C, too.
  process.once('exit', removeDirectory)
  const load = startLoadGenerator()
  const servers = new Map<Entry, Server>()
  try {
    for (const entry of group.entries) {
      const setting = { directory: mkdtempSync(join(directory, 'server-')), service: service?.url ?? '' }
      servers.set(entry, await startContender(entry, { ...setting, size: scenario.size }, 0))
    }
    for (let round = 0; round <= options.rounds; round++) {
      for (const route of routes) {
        for (const [entry, server] of servers) {
          const { routes: own = routes } = entry
          if (!own.includes(route)) continue
          // Round 0 warms up and does not count: everyone as long, on however many routes.
          const warmUp = (WARM_UP * options.seconds * routes.length) / own.length
          const seconds = round > 0 ? options.seconds : warmUp
          const sample = await measure(load, server, entry, route, scenario, seconds)
          if (round > 0) samplesOf(samples, route, entry.id).push(sample)
        }
      }
      log(`${group.title}, ${round === 0 ? 'warmed up' : `round ${round} of ${options.rounds}`}`)
    }
    await countAllocations(result, servers, load)
  } finally {
    load.stop()
    for (const server of servers.values()) server.stop()
    removeDirectory()
    process.off('exit', removeDirectory)
  }
}

/** The process of a contender. What it stores is under names of its own. */
export function startContender(
  { id, module = id, lazy = false }: Entry,
  { directory, service, size }: { directory: string; service: string; size: number },
  core?: number,
): Promise<Server> {
  const prefix = `bench_${id.replace(/\W/g, '_')}`
  return startServer(module, { directory, service, size, prefix, lazy }, core)
}

function samplesOf(samples: GroupResult['samples'], route: Route, id: string): Sample[] {
  const ofRoute = samples.get(route) ?? new Map<string, Sample[]>()
  samples.set(route, ofRoute)
  const own = ofRoute.get(id) ?? []
  ofRoute.set(id, own)
  return own
}

async function countAllocations(
  { samples, allocated }: GroupResult,
  servers: ReadonlyMap<Entry, Server>,
  load: LoadGenerator,
): Promise<void> {
  for (const [route, ofRoute] of samples) {
    const bytes = new Map<string, number>()
    allocated.set(route, bytes)
    for (const [entry, server] of servers) {
      if (!ofRoute.has(entry.id)) continue
      const target = { port: server.port, route, stateful: entry.kind !== 'bare' }
      bytes.set(entry.id, await allocatedPerRequest(load, server, target))
    }
  }
}

async function measure(
  load: LoadGenerator,
  server: Server,
  { id, kind }: Entry,
  route: Route,
  { connections }: Scenario,
  seconds: number,
): Promise<Sample> {
  try {
    await load.open({ port: server.port, route, connections, stateful: kind !== 'bare' })
    const before = await server.usage()
    const result = await load.run({ seconds })
    const cpuSeconds = (await server.usage()).cpuSeconds - before.cpuSeconds
    if (result.errors > 0) throw new Error(`${result.errors} wrong answers; ${result.firstError}`)
    await load.verify()
    await load.close()
    return {
      ...result,
      requestsPerSecond: result.requests / result.seconds,
      cpuPerRequest: (cpuSeconds / result.requests) * 1e6,
    }
  } catch (cause) {
    throw new Error(`${id}: ${(cause as Error).message}`, { cause })
  }
}
