import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Route, routes } from './contender.ts'
import type { LoadResult } from './load.ts'
import { type LoadGenerator, type Server, startLoadGenerator, startServer } from './processes.ts'

/** The contenders, and which of them answers to which: a module in `contenders/` each. */
export const contenders: { id: string; label: string; peer?: string }[] = [
  { id: 'bare', label: 'node:http, no session' },
  { id: 'sess-memory', label: '@sess/core memory', peer: 'express-memory' },
  { id: 'express-memory', label: 'express-session MemoryStore' },
  { id: 'sess-file', label: '@sess/file', peer: 'express-file' },
  { id: 'sess-file-sync', label: '@sess/file, sync', peer: 'express-file' },
  { id: 'express-file', label: 'express-session session-file-store' },
]

export interface HttpOptions {
  rounds: number
  /** For one contender on one route in one round. */
  seconds: number
  connections: number
  /** Ids of contenders; all when empty. */
  only: string[]
  /** Where the file stores keep their files. */
  directory: string
}

/** One contender on one route in one round. */
export interface Sample extends LoadResult {
  requestsPerSecond: number
  /** Processor time of the server for one request, in microseconds: hardly moved by a busy machine. */
  cpuPerRequest: number
}

/** Samples in the order of the rounds. */
export type HttpResults = Map<Route, Map<string, Sample[]>>

/** Every contender in turn, round after round: what slows the machine for a while slows them all. */
export async function runHttp(options: HttpOptions, log: (line: string) => void): Promise<HttpResults> {
  const chosen = contenders.filter(({ id }) => options.only.length === 0 || options.only.includes(id))
  const directory = mkdtempSync(join(options.directory, 'sess-bench-'))
  const load = startLoadGenerator()
  const servers = new Map<string, Server>()
  const results: HttpResults = new Map()
  try {
    for (const { id } of chosen)
      servers.set(id, await startServer(id, mkdtempSync(join(directory, `${id}-`))))
    for (const route of routes) results.set(route, new Map(chosen.map(({ id }) => [id, []])))
    // Round 0 warms up and does not count.
    for (let round = 0; round <= options.rounds; round++) {
      for (const [route, samples] of results) {
        for (const [id, server] of servers) {
          const sample = await measure(load, server, id, route, options)
          if (round > 0) samples.get(id)?.push(sample)
        }
      }
      log(round === 0 ? 'warmed up' : `round ${round} of ${options.rounds}`)
    }
  } finally {
    load.stop()
    for (const server of servers.values()) server.stop()
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  return results
}

async function measure(
  load: LoadGenerator,
  server: Server,
  id: string,
  route: Route,
  { connections, seconds }: HttpOptions,
): Promise<Sample> {
  await load.open({ port: server.port, route, connections, stateful: id !== 'bare' })
  const cpuBefore = await server.cpuSeconds()
  const result = await load.run(seconds)
  const cpu = (await server.cpuSeconds()) - cpuBefore
  await load.close()
  if (result.errors > 0) throw new Error(`${id}: ${result.errors} wrong answers; ${result.firstError}`)
  return {
    ...result,
    requestsPerSecond: result.requests / result.seconds,
    cpuPerRequest: (cpu / result.requests) * 1e6,
  }
}
