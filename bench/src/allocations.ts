import type { LoadTarget } from './load.ts'
import type { LoadGenerator, Server } from './processes.ts'
import { median } from './stats.ts'

/** So few that garbage is seldom collected among them. */
const REQUESTS = 40
const TURNS = 15

/** Bytes that a request takes from the heap of JavaScript. What is behind a Buffer is not on it. */
export async function allocatedPerRequest(
  load: LoadGenerator,
  server: Server,
  target: Omit<LoadTarget, 'connections'>,
): Promise<number> {
  const turns: number[] = []
  await load.open({ ...target, connections: 4 })
  for (let i = 0; i < TURNS; i++) {
    const before = await server.usage()
    const { requests } = await load.run({ requests: REQUESTS })
    turns.push(((await server.usage()).heapBytes - before.heapBytes) / requests)
  }
  await load.close()
  // Where the heap has shrunk, garbage was collected.
  return median(turns.filter(bytes => bytes > 0))
}
