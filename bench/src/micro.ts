import { getHeapStatistics } from 'node:v8'
import { operations } from './operations.ts'
import { median } from './stats.ts'

export interface MicroResult {
  name: string
  /** For one operation, one value a round. */
  microseconds: number[]
  /** What one operation allocates on the heap of JavaScript. */
  bytes: number
  note?: string
}

/** One operation, and what it is compared with. */
export interface Operation {
  name: string
  /** Gets what `prepare` has made. */
  run: (prepared: unknown) => unknown
  /** Makes what so many runs are given, one each, and is not measured itself. */
  prepare?: (count: number) => Promise<unknown[]>
  note?: string
}

/** How long one operation is repeated in one round, in milliseconds. */
const TURN = 100
/** How many at a time are prepared, or counted the bytes of: less than between two collections of garbage. */
export const BATCH = 64
/** In how many batches bytes are counted. A collection of garbage spoils one or two. */
const BATCHES = 31

/** Every operation in turn, round after round, the first of which warms up. */
export async function runMicro(rounds: number, log: (line: string) => void): Promise<MicroResult[]> {
  const { list, close } = await operations()
  const microseconds = new Map(list.map(operation => [operation, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const [operation, own] of microseconds) {
      const value = await time(operation)
      if (round > 0) own.push(value)
    }
  }
  const nothing = await allocated({ name: 'nothing', run: () => undefined })
  const results: MicroResult[] = []
  for (const [operation, own] of microseconds) {
    const { name, note } = operation
    const bytes = Math.max(0, (await allocated(operation)) - nothing)
    results.push({ name, microseconds: own, bytes, ...(note && { note }) })
  }
  await close()
  log(`single operations: ${rounds} rounds`)
  return results
}

async function time({ run, prepare }: Operation): Promise<number> {
  let count = 0
  let elapsed = 0
  for (let batch = BATCH; elapsed < TURN; batch *= prepare ? 1 : 2) {
    const prepared = prepare ? await prepare(batch) : new Array<undefined>(batch)
    const start = performance.now()
    await runAll(run, prepared)
    elapsed += performance.now() - start
    count += batch
  }
  return (elapsed / count) * 1000
}

/** Bytes of one run. What is behind a Buffer is not on the heap. */
async function allocated({ run, prepare }: Operation): Promise<number> {
  const batches: number[] = []
  for (let i = 0; i < BATCHES; i++) {
    const prepared = prepare ? await prepare(BATCH) : new Array<undefined>(BATCH)
    const before = getHeapStatistics().used_heap_size
    await runAll(run, prepared)
    batches.push((getHeapStatistics().used_heap_size - before) / BATCH)
  }
  return median(batches)
}

/** Keeps results alive, so that no operation is optimised away. */
let kept: unknown

async function runAll(run: Operation['run'], prepared: unknown[]): Promise<void> {
  const first = run(prepared[0])
  if (first instanceof Promise) {
    kept = await first
    for (let i = 1; i < prepared.length; i++) kept = await run(prepared[i])
  } else {
    for (let i = 1; i < prepared.length; i++) kept = run(prepared[i])
  }
  if (kept === runAll) throw new Error('an operation gave the timer')
}
