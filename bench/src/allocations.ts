import type { LoadTarget } from './load.ts'
import type { LoadGenerator, Server } from './processes.ts'
import { median } from './stats.ts'

/** So few that garbage is seldom collected among them; where it is, the median does not see it. */
const REQUESTS = 100
const TURNS = 11

/** Bytes that a request takes from the heap of JavaScript. What is behind a Buffer is not on it. */
export async function allocatedPerRequest(
  load: LoadGenerator,
  server: Server,
  target: Omit<LoadTarget, 'connections'>,
  requestsPerSecond: number,
): Promise<number> {
  const turns: number[] = []
  await load.open({ ...target, connections: 4 })
  for (let i = 0; i < TURNS; i++) {
    const before = await server.usage()
    const { requests } = await load.run(REQUESTS / requestsPerSecond)
    turns.push(((await server.usage()).heapBytes - before.heapBytes) / requests)
  }
  await load.close()
  return median(turns)
}
